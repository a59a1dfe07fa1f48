import { createHash, hash } from 'node:crypto';
import { type CatalogState, ConnectionFailure } from '../../connector.ts';
import { askIfAllowed } from './ask-if-allowed.ts';
import type { Row } from '../gate/row-cursor.ts';
import { givenNumber } from './given-number.ts';
import type { PostgresSession } from '../session.ts';
import { firstUserOid } from './statements.ts';

/** Raise it when the statements of a sync read more than before: stored catalogs are read again then. */
const format = 4;

const digestBytes = 32;
const sumBytes = 8;

/** Powers of two, both. */
const buckets = 4_096;
const oidsInARow = 32;

/**
 * SQL for the bucket that a relation is in, by its oid. A table and what was made with it have oids
 * close to each other, and are in one or two.
 */
export const bucketOf = (oid: string): string => `(${oid}::int8 / ${oidsInARow} & ${buckets - 1})`;

/**
 * What there is to be read by the catalog statements, as of the transaction that is open; null where
 * the role may not read all that it takes, and the transaction goes on. Costs about a sixth of
 * reading the catalog.
 *
 * - Of every row of the catalogs involved its place and its xmin are hashed: a row that is changed gets
 *   another xmin, freezing and vacuuming leave it. The hashes are summed, for each bucket of relations:
 *   what is dropped is missing from its sum.
 * - Rows that are of no relation count as a whole, because expressions are written out with the names
 *   of schemas, types, enum values, functions, operators, collations and text search configurations.
 *   The row types of relations and all array types are left out: they are written out by the names of
 *   the relation and of the element.
 * - xmin comes as its distance from a fixed transaction id, because `age` is the one function that
 *   makes a number of it; by way of a text all this would take a quarter longer.
 * - Row estimates are overwritten in place, without a new xmin: their size in steps of a tenth counts.
 * - Transaction ids mean something within one life of one server only. A restored backup, a replica
 *   and another server behind the same name have another start time; another database has another oid.
 *
 * The marks: SHA-256 over what belongs to no relation, then the sum of each bucket, 64 bits.
 */
export async function readCatalogState(
  session: PostgresSession,
  timeoutMs: number,
): Promise<CatalogState | null> {
  const statements = `${aroundStatement};${sumsStatement(marksOfRelations)}`;
  const rows = await askIfAllowed(session, statements, { rows: buckets + 1, timeoutMs });
  return rows && stateOf(rows);
}

/**
 * The same around the reading of the catalog: the relations now, with their estimates, which are
 * overwritten in place, so that no state is newer than what was read; the rest when it is asked for.
 */
export async function beginCatalogState(
  session: PostgresSession,
  timeoutMs: number,
): Promise<() => Promise<CatalogState | null>> {
  const { pg_class: relations, ...others } = marksOfRelations;
  const ask = (statements: string) =>
    askIfAllowed(session, statements, { rows: buckets + 1, timeoutMs });
  const first = await ask(sumsStatement({ pg_class: relations }));
  return async () => {
    const rest = first && (await ask(`${aroundStatement};${sumsStatement(others)}`));
    return rest && stateOf([...rest, ...first]);
  };
}

/** Of what belongs to no relation, then of the sums, of which a bucket may have several. */
function stateOf([around, ...sums]: readonly Row[]): CatalogState {
  const [server, others] = around ?? [];
  const marks = Buffer.alloc(digestBytes + buckets * sumBytes);
  createHash('sha256').update(`${format} ${server} ${others}`).digest().copy(marks);
  for (const row of sums) addSum(marks, row);
  return { token: `${format} ${server} ${digestOf(marks)}`, marks };
}

const digestOf = (marks: Buffer): string => hash('sha256', marks, 'base64');

function addSum(marks: Buffer, [bucket, sum]: Row): void {
  const place = givenNumber(bucket);
  if (place >= buckets || !/^-?\d{1,40}$/.test(sum ?? ''))
    throw new ConnectionFailure('PROTOCOL_ERROR');
  const at = digestBytes + place * sumBytes;
  marks.writeBigUInt64LE(BigInt.asUintN(64, marks.readBigUInt64LE(at) + BigInt(sum ?? 0)), at);
}

/** The buckets of which the sum is another one now; null when there is nothing to be compared. */
export function changedBuckets(
  { token, marks: before }: CatalogState,
  { marks: now }: CatalogState,
): number[] | null {
  if (!token.endsWith(` ${digestOf(before)}`) || before.length !== now.length) return null;
  if (before.compare(now, 0, digestBytes, 0, digestBytes) !== 0) return null;
  const places = Array.from({ length: buckets }, (_, place) => place);
  return places.filter((place) => {
    const at = digestBytes + place * sumBytes;
    return before.readBigUInt64LE(at) !== now.readBigUInt64LE(at);
  });
}

const ofTables = `classoid = 'pg_class'::regclass`;

// What PostgreSQL itself brings along was written by no transaction, and has no age.
const fixed = `(select age('3'::xid)::int8)`;
const xmin = `${fixed} - age(xmin)`;
const xminIfAny = `case when age(xmin) < 2147483647 then ${xmin} else 0 end`;

// A change of more than a tenth, which a sync stores, is always a step.
const estimate = `case
  when relkind not in ('r', 'p', 'm', 'f') then 0
  when reltuples > 0 then 1 + floor(ln(reltuples) / ln(1.1::float8))::int8
  else reltuples::int8 - 2 end`;

/**
 * Catalogs of relations: the relation, what names a row as a bigint, the mark, and which rows. Not
 * pg_attrdef, which has many: no default or expression comes, goes or becomes another one without a new
 * row of its column (StoreAttrDefault and RemoveAttrDefaultById in PostgreSQL's src/backend/catalog).
 */
const ofRelations = {
  pg_class: [
    ...['oid', 'oid::int8', `(${xmin}) # (${estimate} << 40)`],
    `oid >= ${firstUserOid} and relkind <> 't'`,
  ],
  pg_attribute: [
    ...['attrelid', '(attrelid::int8 << 16) + attnum', xmin],
    `attnum > 0 and attrelid >= ${firstUserOid}`,
  ],
  pg_description: [
    ...['objoid', '(objoid::int8 << 16) + objsubid', xmin],
    `${ofTables} and objoid >= ${firstUserOid}`,
  ],
  pg_constraint: ['conrelid', 'oid::int8', xmin, `conrelid >= ${firstUserOid}`],
  pg_index: ['indrelid', 'indexrelid::int8', xmin, `indrelid >= ${firstUserOid}`],
  pg_inherits: [
    ...['inhrelid', '(inhrelid::int8 << 32) + inhparent::int8', xmin],
    `inhrelid >= ${firstUserOid}`,
  ],
  pg_partitioned_table: ['partrelid', 'partrelid::int8', xmin, `partrelid >= ${firstUserOid}`],
} as const;

/** Catalogs of which every row counts, because an expression may name it. */
const ofNoRelation = [
  ...['pg_namespace', 'pg_enum', 'pg_proc', 'pg_operator', 'pg_opclass', 'pg_collation', 'pg_am'],
  ...['pg_ts_config', 'pg_ts_dict'],
];

const namedTypes = `typrelid = 0 and typinput <> 'array_in'::regproc`;

const sumOf = (catalog: string, which: string): string =>
  `(select count(*) || ':' || coalesce(sum(hashint8extended(oid::int8, ${xminIfAny})), 0)
    from ${catalog} where ${which})`;

const marksOfRelations = Object.fromEntries(
  Object.entries(ofRelations).map(([catalog, [relation, place, mark, which]]) => [
    catalog,
    `
  select ${bucketOf(relation)} as bucket, hashint8extended(${place}, ${mark}) as mark
  from ${catalog} where ${which}`,
  ]),
) as Record<keyof typeof ofRelations, string>;

const aroundStatement = `
select concat_ws(' ', extract(epoch from pg_postmaster_start_time()),
    (select oid from pg_database where datname = current_database()), current_user),
  concat_ws(' ', current_setting('lc_monetary'), ${sumOf('pg_type', namedTypes)},
    ${ofNoRelation.map((catalog) => sumOf(catalog, 'true')).join(',\n    ')})`;

const sumsStatement = (marks: Readonly<Record<string, string>>): string => `
select bucket, sum(mark) from (${Object.values(marks).join(' union all ')}) of_relations
group by bucket`;
