import type { Deadlines } from '../limits.ts';

/**
 * Opens the transaction that everything happens in. All settings are local to it, because behind a
 * transaction pooler the next client inherits whatever else we would set.
 */
export function beginReadOnly(statementMs: number, { lockMs }: Deadlines): string {
  return `
begin transaction isolation level repeatable read read only;
set local statement_timeout = ${statementMs};
set local lock_timeout = ${lockMs};
set local idle_in_transaction_session_timeout = 600000;
${fixedSettings}`;
}

/**
 * - search_path: only built-in functions are ours to call, and types come out schema-qualified.
 * - The formats: defaults and partition bounds contain dates, floats and bytes, and the same
 *   definition has to read the same whatever the role's own settings are.
 * - jit, parallel workers: they cost the customer more than these statements are worth.
 * - enable_hashjoin: merging along the catalogs' own indexes gives the order for nothing; on 10,000
 *   tables the sort behind a hash join costs as much as the rest of the statement.
 */
const fixedSettings = `
set local search_path = pg_catalog;
set local quote_all_identifiers = off;
set local standard_conforming_strings = on;
set local datestyle = 'ISO, MDY';
set local intervalstyle = postgres;
set local timezone = 'UTC';
set local bytea_output = hex;
set local extra_float_digits = 1;
set local jit = off;
set local max_parallel_workers_per_gather = 0;
set local enable_hashjoin = off;
set local enable_sort = off;
set local cursor_tuple_fraction = 1;`;

/** The server's version, and its own word that nothing can be written. */
export const versionStatement = `
select version(), current_setting('transaction_read_only')`;

/**
 * Proves that every catalog of a sync can be read, the columns that PostgreSQL 12 added included. The
 * statements of a sync themselves, limited to a row, take a new server process four times as long to
 * plan, and prove nothing more.
 */
export const catalogProofStatement = `
select exists (select relispartition from pg_class), exists (select nspname from pg_namespace),
  exists (select inhparent from pg_inherits), exists (select description from pg_description),
  exists (select attgenerated from pg_attribute), exists (select adbin from pg_attrdef),
  exists (select conparentid from pg_constraint), exists (select indnkeyatts from pg_index),
  exists (select amname from pg_am)`;

/**
 * The first oid of a user's object: FirstNormalObjectId in PostgreSQL's access/transam.h. A lower
 * bound only; which tables count is decided by the statement for tables.
 */
export const firstUserOid = 16_384;

/** Which relations a statement is of: SQL that goes on from a condition, by the column that names them. */
type Within = (oid: string) => string;

/** What is read like a table: tables, views, foreign tables. Not the server's own. */
const isTable = `c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

/** Tables and all that is read like one, by oid. */
const tablesStatement = (within: Within): string => `
select c.oid, n.nspname, c.relname, c.relkind, c.reltuples, d.description,
  pn.nspname, p.relname,
  case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end,
  case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_inherits i on c.relispartition and i.inhrelid = c.oid
left join pg_class p on p.oid = i.inhparent
left join pg_namespace pn on pn.oid = p.relnamespace
left join pg_description d
  on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
where ${isTable}${within('c.oid')}
order by c.oid`;

/** Columns by table and position, their types as numbers: naming 200,000 of them costs 0.15 s. */
const columnsStatement = (within: Within): string => `
select a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,
  a.attgenerated
from pg_attribute a
join pg_class c on c.oid = a.attrelid
where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.oid >= ${firstUserOid}
  and a.attrelid >= ${firstUserOid} and a.attnum > 0 and not a.attisdropped${within('a.attrelid')}
order by a.attrelid, a.attnum`;

/**
 * Defaults and generation expressions by table and column. With a table's oid PostgreSQL 18 opens
 * and locks the table for every expression, three times as slow; only expressions that refer to
 * columns, which are those of generated columns, need it.
 */
const defaultsStatement = (within: Within): string => `
select adrelid, adnum,
  pg_get_expr(adbin, case when strpos(adbin::text, '{VAR :') > 0 then adrelid else 0 end)
from pg_attrdef
where adrelid >= ${firstUserOid}${within('adrelid')}
order by adrelid, adnum`;

/** Comments of columns by table and column. */
const columnCommentsStatement = (within: Within): string => `
select objoid, objsubid, description
from pg_description
where classoid = 'pg_class'::regclass and objoid >= ${firstUserOid} and objsubid > 0${within('objoid')}
order by objoid, objsubid`;

/**
 * Primary, unique and foreign keys and checks by table. PostgreSQL 18 keeps NOT NULL here too. A
 * foreign key to a partitioned table has one more row per partition, with a parent on the same table.
 * The referenced names are looked up one by one only for keys of several columns.
 */
const constraintsStatement = (within: Within): string => `
select k.conrelid, k.conname, k.contype, k.conkey, rn.nspname, r.relname,
  case when cardinality(k.confkey) > 1 then (
    select json_agg(a.attname order by f.n)
    from unnest(k.confkey) with ordinality f(num, n)
    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = f.num
  ) when k.contype = 'f' then json_build_array(ra.attname) end,
  k.confupdtype, k.confdeltype,
  case when k.contype = 'c' then pg_get_expr(k.conbin, k.conrelid) end
from pg_constraint k
left join pg_class r on r.oid = k.confrelid
left join pg_namespace rn on rn.oid = r.relnamespace
left join pg_attribute ra on ra.attrelid = k.confrelid and ra.attnum = k.confkey[1]
where k.contype in ('p', 'u', 'f', 'c') and k.conrelid >= ${firstUserOid}${within('k.conrelid')}
  and (k.conparentid = 0 or k.conrelid <>
    (select up.conrelid from pg_constraint up where up.oid = k.conparentid))
order by k.conrelid, k.conname`;

/** Indexes by table, those behind keys included. Only expressions are written out by the server. */
const indexesStatement = (within: Within): string => `
select x.indrelid, ic.relname, x.indisunique, am.amname, x.indkey, x.indoption, x.indnkeyatts,
  case when x.indexprs is not null then (
    select json_agg(pg_get_indexdef(x.indexrelid, n, false) order by n)
    from generate_series(1, x.indnkeyatts) n where x.indkey[n - 1] = 0
  ) end,
  pg_get_expr(x.indpred, x.indrelid)
from pg_index x
join pg_class ic on ic.oid = x.indexrelid
join pg_am am on am.oid = ic.relam
where x.indrelid >= ${firstUserOid}${within('x.indrelid')}
order by x.indrelid, x.indexrelid`;

/** The names of types, modifiers included. The values are numbers that TypeNames has checked. */
export function typeNamesStatement(types: readonly string[]): string {
  return `
select t.id, t.modifier, format_type(t.id, t.modifier)
from (values ${types.map((type) => `(${type})`).join(', ')}) t(id, modifier)`;
}

/** All tables by name and number of columns. `relnatts` counts those that were dropped as well. */
export const tableNamesStatement = `
select c.oid, n.nspname, c.relname, c.relnatts - coalesce(d.dropped, 0)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join (
  select attrelid, count(*) as dropped from pg_attribute where attisdropped group by attrelid
) d on d.attrelid = c.oid
where ${isTable}
order by c.oid`;

const statements = {
  tables: tablesStatement,
  columns: columnsStatement,
  defaults: defaultsStatement,
  comments: columnCommentsStatement,
  constraints: constraintsStatement,
  indexes: indexesStatement,
} as const;

export type CatalogStream = keyof typeof statements;

/** What belongs to a table. */
export type TablePart = Exclude<CatalogStream, 'tables'>;

/** The statements of a sync, each by its name: of all relations, or of `these` by their oids. */
export function catalogStatements(
  these: Iterable<number> | null,
): readonly (readonly [name: CatalogStream, statement: string])[] {
  const list = these && [...these].sort((a, b) => a - b).join();
  const within: Within = (oid) => (list === null ? '' : ` and ${oid} = any ('{${list}}'::oid[])`);
  const names = Object.keys(statements) as CatalogStream[];
  return names.map((name) => [name, statements[name](within)]);
}
