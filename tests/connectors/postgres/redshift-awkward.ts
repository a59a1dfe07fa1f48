import type { CatalogTable } from '../../../shared/catalog.ts';
import { catalogTable as table, column } from '../conformance/expected-parts.ts';

// 127 bytes are Redshift's limit; the stand-in's is 63.
const longName = 'ü'.repeat(31);

/** What Redshift can express; what only its system views say goes into the stand-in's shims. */
const sql = `
set allow_system_table_mods = on;
create schema "Odd ""Schema""";
create schema spectrum;
create table "Odd ""Schema"""."__proto__" (
  "constructor" bigint not null default "identity"(100101, 0, '1,1'::text),
  "select" bigint not null default default_identity(100102, 1, '5,-1'::text),
  "line
break" numeric(12,2) default 1.50,
  "${longName}" character varying(10) default 'it''s
',
  at timestamp with time zone default '2024-02-03 04:05:06+00'::timestamptz,
  gone integer,
  last date,
  primary key ("select", "constructor")
);
alter table "Odd ""Schema"""."__proto__" drop column gone;
comment on table "Odd ""Schema"""."__proto__" is 'it''s "odd"
really';
comment on column "Odd ""Schema"""."__proto__"."${longName}" is '🐘 ''; drop table x; --';
create table public.nothing ();
create table public.parent (a integer not null, b varchar(65535) not null, c integer,
  primary key (b, a), constraint "uni que" unique (c, a));
create table public.child (x integer, y varchar(65535), z integer,
  constraint to_parent foreign key (y, x) references public.parent (b, a),
  constraint "to itself" foreign key (z) references public.child (w), w integer unique);
create view public.plain as select a, b from public.parent;
comment on view public.plain is 'create materialized view, it says';
comment on column public.plain.a is 'of a view';
create view public.daily as select a from public.parent;
create table public.mv_tbl__daily__0 (a integer);
create table public.mv_tbl__other__0 (a integer);
create view public.late as select;
drop view pg_catalog.svv_mv_info;
create view pg_catalog.svv_mv_info as
select current_database()::char(128) as database_name, 'public'::char(128) as schema_name,
  'somebody'::char(128) as user_name, 'daily'::char(128) as name, 'f'::char(1) as is_stale, 0 as state
union all
select 'another'::char(128), 'public'::char(128), 'somebody'::char(128), 'plain'::char(128),
  'f'::char(1), 0;
drop view pg_catalog.svv_external_columns;
create view pg_catalog.svv_external_columns as
select current_database()::text as redshift_database_name, 'spectrum'::text as schemaname,
  t.* from (values ('sales', 'id', 'bigint', 1, 0, 'false'), ('sales', 'it''s', 'array<int>', 2, 0, ''),
    ('sales', 'day', 'date', 3, 2, 'true'), ('sales', 'Re"gion', 'varchar(2)', 4, 1, 'true'), ('__proto__', 'id', 'varchar(20)', 1, 0, 'true'))
  t(tablename, columnname, external_type, columnnum, part_key, is_nullable)
union all select 'another', 'public', 'elsewhere', 'id', 'integer', 1, 0, '';
create or replace function pg_catalog.pg_get_late_binding_view_cols() returns setof record
language sql as $$ select * from (values
  ('public'::name, 'late'::name, 'second'::name, 'numeric(8,2)'::varchar, 2),
  ('public', 'late', 'first', 'character varying(200)', 1)) t $$;
reset allow_system_table_mods;
insert into public.parent values (1, 'b', 2);
analyze public.parent;`;

const required = { nullable: false };
const noAction = { onUpdate: 'no action', onDelete: 'no action' } as const;
const a = column('a', 'integer');

const expected: CatalogTable[] = [
  table('Odd "Schema"', '__proto__', {
    comment: 'it\'s "odd"\nreally',
    columns: [
      column('constructor', 'bigint', { ...required, identity: 'always' }),
      column('select', 'bigint', { ...required, identity: 'by default' }),
      column('line\nbreak', 'numeric(12,2)', { default: '1.50' }),
      column(longName, 'character varying(10)', {
        default: `'it''s\n'::character varying`,
        comment: `🐘 '; drop table x; --`,
      }),
      column('at', 'timestamp with time zone', {
        default: `'2024-02-03 04:05:06+00'::timestamp with time zone`,
      }),
      column('last', 'date'),
    ],
    primaryKey: { name: '__proto___pkey', columns: ['select', 'constructor'] },
  }),
  table('public', 'nothing', {}),
  table('public', 'parent', {
    columns: [
      column('a', 'integer', required),
      column('b', 'character varying(65535)', required),
      column('c', 'integer'),
    ],
    primaryKey: { name: 'parent_pkey', columns: ['b', 'a'] },
    uniqueKeys: [{ name: 'uni que', columns: ['c', 'a'] }],
  }),
  table('public', 'child', {
    columns: [
      column('x', 'integer'),
      column('y', 'character varying(65535)'),
      column('z', 'integer'),
      column('w', 'integer'),
    ],
    uniqueKeys: [{ name: 'child_w_key', columns: ['w'] }],
    foreignKeys: [
      {
        name: 'to itself',
        columns: ['z'],
        referencedSchema: 'public',
        referencedTable: 'child',
        referencedColumns: ['w'],
        ...noAction,
      },
      {
        name: 'to_parent',
        columns: ['y', 'x'],
        referencedSchema: 'public',
        referencedTable: 'parent',
        referencedColumns: ['b', 'a'],
        ...noAction,
      },
    ],
  }),
  table('public', 'plain', {
    kind: 'view',
    comment: 'create materialized view, it says',
    columns: [
      column('a', 'integer', { comment: 'of a view' }),
      column('b', 'character varying(65535)'),
    ],
  }),
  table('public', 'daily', { kind: 'materialized view', columns: [a] }),
  table('public', 'mv_tbl__other__0', { columns: [a] }),
  table('public', 'late', {
    kind: 'view',
    columns: [column('first', 'character varying(200)'), column('second', 'numeric(8,2)')],
  }),
  table('spectrum', '__proto__', {
    kind: 'foreign table',
    columns: [column('id', 'varchar(20)')],
  }),
  table('spectrum', 'sales', {
    kind: 'foreign table',
    columns: [
      column('id', 'bigint', required),
      column("it's", 'array<int>'),
      column('day', 'date'),
      column('Re"gion', 'varchar(2)'),
    ],
    partitionKey: '"Re""gion", day',
  }),
];

export const awkwardRedshift = { sql, expected };
