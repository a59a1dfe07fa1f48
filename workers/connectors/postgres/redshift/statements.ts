/**
 * Everything is read in one read-only transaction: Redshift's transactions are serializable or
 * snapshots, whatever level is asked for. The formats keep a definition from reading differently when
 * the user's own settings do. Redshift has no timeout for locks; statement_timeout covers those too.
 * Source: Redshift's developer guide, "BEGIN", "SET", "Configuration reference".
 */
export function beginReadOnly(statementMs: number): string {
  return `
begin read only;
set local statement_timeout to ${statementMs};
set local datestyle to 'ISO, MDY';
set local timezone to 'UTC';
set local extra_float_digits to 0;`;
}

export const versionStatement = `
select version()`;

export const databaseStatement = `
select current_database()`;

/**
 * Proves that every catalog of a sync can be read. The system views are left out: they are answered by
 * the compute nodes, which may be asleep or busy, and which cost money to wake.
 */
export const catalogProofStatement = `
select exists (select relkind from pg_catalog.pg_class),
  exists (select nspname from pg_catalog.pg_namespace),
  exists (select attname from pg_catalog.pg_attribute),
  exists (select adbin from pg_catalog.pg_attrdef),
  exists (select description from pg_catalog.pg_description),
  exists (select conkey from pg_catalog.pg_constraint)`;

// catalog_history is Redshift's own, beside what PostgreSQL keeps.
const isCustomers = `c.relkind in ('r', 'v') and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'catalog_history')`;

// Numbers go in as text, which is the same literal in every version whatever their size.
const oid = (value: number): string => `'${value}'::oid`;

/**
 * The next `count` tables and views by oid; materialized views are views here.
 * Leader-node tables and functions only: they cannot be joined with anything else.
 */
export function tablesStatement(afterOid: number, count: number): string {
  return `
select c.oid, n.nspname, c.relname, c.relkind, d.description
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d on d.objoid = c.oid and d.objsubid = 0
  and d.classoid = 'pg_catalog.pg_class'::regclass
where c.oid > ${oid(afterOid)} and ${isCustomers}
order by c.oid
limit ${count}`;
}

/**
 * Columns of the tables between two oids, with defaults and comments, by table and position. The bounds
 * are there twice because no planner concludes the one from the other, and would read all of pg_class.
 */
export function columnsStatement(first: number, last: number): string {
  return `
select a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
  pg_catalog.pg_get_expr(f.adbin, f.adrelid), d.description
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
left join pg_catalog.pg_description d on d.objoid = a.attrelid and d.objsubid = a.attnum
  and d.classoid = 'pg_catalog.pg_class'::regclass
where a.attrelid >= ${oid(first)} and a.attrelid <= ${oid(last)}
  and c.oid >= ${oid(first)} and c.oid <= ${oid(last)}
  and a.attnum > 0 and not a.attisdropped and ${isCustomers}
order by a.attrelid, a.attnum`;
}

/**
 * Keys of the tables between two oids; one row for each column that a foreign key refers to, since
 * Redshift has no functions that would put them into one. Redshift has no checks and no indexes.
 */
export function constraintsStatement(first: number, last: number): string {
  return `
select k.conrelid, k.conname, k.contype, k.conkey, rn.nspname, r.relname, k.confkey,
  ra.attnum, ra.attname, k.oid
from pg_catalog.pg_constraint k
left join pg_catalog.pg_class r on r.oid = k.confrelid
left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
left join pg_catalog.pg_attribute ra on k.contype = 'f' and ra.attrelid = k.confrelid
  and ra.attnum = any (k.confkey)
where k.contype in ('p', 'u', 'f')
  and k.conrelid >= ${oid(first)} and k.conrelid <= ${oid(last)}
order by k.conrelid, k.conname, k.oid, ra.attnum`;
}

/** Views WITH NO SCHEMA BINDING have no columns in pg_attribute. The form is the guide's own. */
export const lateBindingStatement = `
select view_schema, view_name, col_name, col_type, col_num
from pg_catalog.pg_get_late_binding_view_cols()
  cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)
order by view_schema, view_name, col_num`;

/** A user's own, all for superusers. The columns are char(128), filled up with spaces. */
export const ownMaterializedViewsStatement = `
select rtrim(database_name), rtrim(schema_name), rtrim(name)
from pg_catalog.svv_mv_info`;

/**
 * Everybody's, by what they were created with, which is how dbt tells them too. Behind white space at
 * most: a view may also just talk about materialized views.
 */
export const materializedViewsStatement = `
select current_database(), n.nspname, c.relname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'v' and ${isCustomers}
  and strpos(lower(pg_catalog.pg_get_viewdef(c.oid)), 'create materialized view') between 1 and 20`;

/** Of Spectrum and federated schemas; of the other databases of the cluster too, where it may. */
export const externalColumnsStatement = `
select redshift_database_name, schemaname, tablename, columnname, external_type, is_nullable, part_key
from pg_catalog.svv_external_columns
order by redshift_database_name, schemaname, tablename, columnnum`;

/** For superusers and who has been granted it; has no rows for empty tables. */
export const estimatesStatement = `
select table_id, tbl_rows
from pg_catalog.svv_table_info`;
