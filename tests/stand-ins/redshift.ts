/**
 * Makes a PostgreSQL answer what our connector asks a Redshift: its catalog tables are PostgreSQL's own,
 * its system views and functions are shims with the columns of Redshift's developer guide
 * (SVV_TABLE_INFO, SVV_MV_INFO, SVV_EXTERNAL_COLUMNS, PG_GET_LATE_BINDING_VIEW_COLS). They lie in
 * pg_catalog, as in Redshift. What it cannot show: which functions only the leader node has, and that
 * leader-node tables cannot be joined with system views. AWS has no SDK for this wire but drivers for
 * other languages, so nobody else's client has tried this stand-in.
 */
export const redshiftShim = `
set allow_system_table_mods = on;

create view pg_catalog.svv_table_info as
select current_database()::text as database, c.oid as table_id, n.nspname::text as schema,
  c.relname::text as table, c.reltuples::numeric(38,0) as tbl_rows
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.reltuples > 0;

create view pg_catalog.svv_mv_info as
select ''::char(128) as database_name, ''::char(128) as schema_name, ''::char(128) as user_name,
  ''::char(128) as name, 'f'::char(1) as is_stale, 0 as state where false;

create view pg_catalog.svv_external_columns as
select ''::text as redshift_database_name, ''::text as schemaname, ''::text as tablename,
  ''::text as columnname, ''::text as external_type, 0 as columnnum, 0 as part_key,
  ''::text as is_nullable where false;

create function pg_catalog.pg_get_late_binding_view_cols() returns setof record language sql
as $$ select ''::name, ''::name, ''::name, ''::varchar, 0 where false $$;

create function pg_catalog.identity(integer, integer, text) returns bigint language sql
as 'select 1::bigint';
create function pg_catalog.default_identity(integer, integer, text) returns bigint language sql
as 'select 1::bigint';

-- "Visible to all users", but SVV_TABLE_INFO: "visible to superusers".
grant select on pg_catalog.svv_mv_info, pg_catalog.svv_external_columns to public;

reset allow_system_table_mods;`;
