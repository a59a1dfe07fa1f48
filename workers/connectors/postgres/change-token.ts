import type { PostgresSession } from './session.ts';

/** Raise it when the statements of a sync read more than before: stored catalogs are read again then. */
const format = 1;

/**
 * A text that is the same only when everything that the catalog statements read is the same, as of the
 * transaction that is open; null where the role may not read all that it takes, and the transaction
 * goes on. Costs about a sixth of reading the catalog.
 *
 * - Of every row of the catalogs involved its place and its xmin are hashed, and the hashes summed: a
 *   row that is changed gets another xmin, freezing and vacuuming leave it, and what is dropped is
 *   missing from sum and count. Other rows count because expressions are written out with the names
 *   of types, enum values, functions, operators, collations and text search configurations.
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

/** Each catalog with what names a row of it, as a bigint. */
const catalogs = {
  pg_attribute: '(attrelid::int8 << 16) + attnum',
  pg_attrdef: 'oid::int8',
  pg_description: '(objoid::int8 << 16) + objsubid + (classoid::int8 << 48)',
  pg_constraint: 'oid::int8',
  pg_index: 'indexrelid::int8',
  pg_inherits: '(inhrelid::int8 << 32) + inhparent::int8',
  pg_partitioned_table: 'partrelid::int8',
  pg_namespace: 'oid::int8',
  pg_type: 'oid::int8',
  pg_enum: 'oid::int8',
  pg_proc: 'oid::int8',
  pg_operator: 'oid::int8',
  pg_collation: 'oid::int8',
  pg_am: 'oid::int8',
  pg_ts_config: 'oid::int8',
  pg_ts_dict: 'oid::int8',
} as const;

const sumOf = (catalog: string, text: string, place: string): string =>
  `(select count(*) || ':' || coalesce(sum(hashtextextended(${text}, ${place})), 0) from ${catalog})`;

// A change of more than a tenth, which a sync stores, is always a step.
const estimate = `case
  when relkind not in ('r', 'p', 'm', 'f') then ''
  when reltuples > 0 then floor(ln(reltuples) / ln(1.1::float8))::text
  else 'none ' || reltuples end`;

const statement = `
select concat_ws(' ', extract(epoch from pg_postmaster_start_time()), current_setting('lc_monetary'),
  (select oid from pg_database where datname = current_database()), current_user,
  ${sumOf('pg_class', `xmin::text || ' ' || ${estimate}`, 'oid::int8')},
  ${Object.entries(catalogs)
    .map(([catalog, place]) => sumOf(catalog, 'xmin::text', place))
    .join(',\n  ')})`;
