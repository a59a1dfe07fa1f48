import type { PostgresSession } from './session.ts';
import { firstUserOid } from './statements.ts';

/** Raise it when the statements of a sync read more than before: stored catalogs are read again then. */
const format = 2;

/**
 * A text that is the same only when everything that the catalog statements read is the same, as of the
 * transaction that is open; null where the role may not read all that it takes, and the transaction
 * goes on. Costs about a sixth of reading the catalog.
 *
 * - Of every row of the catalogs involved its place and its xmin are hashed, and the hashes summed: a
 *   row that is changed gets another xmin, freezing and vacuuming leave it, and what is dropped is
 *   missing from sum and count. Other rows count because expressions are written out with the names
 *   of types, enum values, functions, operators, collations and text search configurations.
 * - xmin comes as its distance from a fixed transaction id, because `age` is the one function that
 *   makes a number of it; by way of a text the whole token would take a quarter longer.
 * - Row estimates are overwritten in place, without a new xmin: their size in steps of a tenth counts.
 * - Transaction ids mean something within one life of one server only. A restored backup, a replica
 *   and another server behind the same name have another start time; another database has another oid.
 */
export async function readChangeToken(
  session: PostgresSession,
  timeoutMs: number,
): Promise<string | null> {
  const answer = await session.queryIfAllowed(`savepoint basekeep;${statement}`, {
    rows: 1,
    timeoutMs,
  });
  const [token] = answer?.rows[0] ?? [];
  if (token) return `${format} ${token}`;
  await session.query('rollback to savepoint basekeep', { rows: 0, timeoutMs });
  return null;
}

const ofTables = `classoid = 'pg_class'::regclass`;

// What PostgreSQL itself brings along was written by no transaction, and has no age.
const fixed = `(select age('3'::xid)::int8)`;
const xmin = `${fixed} - age(xmin)`;
const xminIfAny = `case when age(xmin) < 2147483647 then ${xmin} else 0 end`;

/** Catalogs of which the objects of users count: what names a row, as a bigint, and which rows. */
const ofUsers = {
  pg_attribute: ['(attrelid::int8 << 16) + attnum', `attnum > 0 and attrelid >= ${firstUserOid}`],
  pg_attrdef: ['oid::int8', `adrelid >= ${firstUserOid}`],
  pg_description: ['(objoid::int8 << 16) + objsubid', `${ofTables} and objoid >= ${firstUserOid}`],
  pg_constraint: ['oid::int8', `conrelid >= ${firstUserOid}`],
  pg_index: ['indexrelid::int8', `indrelid >= ${firstUserOid}`],
  pg_inherits: ['(inhrelid::int8 << 32) + inhparent::int8', `inhrelid >= ${firstUserOid}`],
  pg_partitioned_table: ['partrelid::int8', `partrelid >= ${firstUserOid}`],
} as const;

/** Catalogs of which every row counts, because an expression may name it. */
const ofAll = [
  ...['pg_namespace', 'pg_type', 'pg_enum', 'pg_proc', 'pg_operator', 'pg_collation', 'pg_am'],
  ...['pg_ts_config', 'pg_ts_dict'],
];

const sumOf = (catalog: string, place: string, mark: string, which: string): string =>
  `(select count(*) || ':' || coalesce(sum(hashint8extended(${place}, ${mark})), 0)
    from ${catalog} where ${which})`;

// A change of more than a tenth, which a sync stores, is always a step.
const estimate = `case
  when relkind not in ('r', 'p', 'm', 'f') then 0
  when reltuples > 0 then 1 + floor(ln(reltuples) / ln(1.1::float8))::int8
  else reltuples::int8 - 2 end`;

const statement = `
select concat_ws(' ', extract(epoch from pg_postmaster_start_time()), current_setting('lc_monetary'),
  (select oid from pg_database where datname = current_database()), current_user,
  ${[
    sumOf('pg_class', 'oid::int8', `(${xmin}) # (${estimate} << 40)`, `oid >= ${firstUserOid}`),
    ...Object.entries(ofUsers).map(([catalog, [place, which]]) =>
      sumOf(catalog, place, xmin, which),
    ),
    ...ofAll.map((catalog) => sumOf(catalog, 'oid::int8', xminIfAny, 'true')),
  ].join(',\n  ')})`;
