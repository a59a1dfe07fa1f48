import { Migration } from '@mikro-orm/migrations';

/** History of catalogs by age, searches by name, and what people write beside a catalog. */
export class Migration20261121000500_catalog_memory extends Migration {
  override up(): void {
    this.addSql(`
      alter table organization
        add catalog_history_days integer not null default 90
          check (catalog_history_days between 1 and 3650)`);
    // One row for each data source with versions that have ended. What ended up to known_since is
    // gone or going; due_at is when the oldest of the others may be old enough, null while none is.
    this.addSql(`
      create table catalog_history (
        data_source_id text primary key references data_source on delete cascade,
        known_since timestamptz(3),
        due_at timestamptz(3)
      )`);
    this.addSql(`create index catalog_history_due on catalog_history (due_at)`);
    this.addSql(`
      insert into catalog_history (data_source_id, due_at)
      select distinct data_source_id, now() from catalog_table where valid_to is not null`);

    this.addSql(`alter table catalog_table add kind text, add column_names text[]`);
    this.addSql(`
      update catalog_table set
        kind = coalesce(definition ->> 'kind', 'table'),
        column_names = array(
          select distinct left(lower(c ->> 'name'), 400)
          from json_array_elements(coalesce(definition -> 'columns', '[]')) c)`);
    this.addSql(`
      alter table catalog_table alter kind set not null, alter column_names set not null`);
    this.addSql(`alter table catalog_staging add kind text, add column_names text[]`);

    // The moments come last in the keys, so that versions of another time are passed over inside
    // the index, without a look at their rows.
    this.addSql(`drop index catalog_table_list`);
    this.addSql(`
      create index catalog_table_list on catalog_table (data_source_id,
          (left(schema_name, 400)) collate "C", (left(name, 400)) collate "C", table_id, valid_from)
        where valid_to is null`);
    this.addSql(`
      create index catalog_table_past on catalog_table (data_source_id,
          (left(schema_name, 400)) collate "C", (left(name, 400)) collate "C", table_id, valid_to,
          valid_from)
        where valid_to is not null`);
    this.addSql(`
      create index catalog_table_kind on catalog_table (data_source_id, kind,
          (left(schema_name, 400)) collate "C", (left(name, 400)) collate "C", table_id)
        where valid_to is null`);
    this.addSql(`create index catalog_table_begin on catalog_table (data_source_id, valid_from)`);
    this.addSql(`
      create index catalog_table_columns on catalog_table using gin (column_names)
        where valid_to is null`);

    // The schemas that a data source has or had.
    this.addSql(`
      create table catalog_schema (
        id text primary key,
        data_source_id text not null references data_source on delete cascade,
        name text not null
      )`);
    this.addSql(`
      create index catalog_schema_list
        on catalog_schema (data_source_id, (left(name, 400)) collate "C", id)`);

    // The names that columns of a data source have or had: few, however many columns there are.
    this.addSql(`
      create table catalog_column_name (
        data_source_id text not null references data_source on delete cascade,
        name text not null,
        primary key (data_source_id, name)
      )`);
    this.addSql(`
      insert into catalog_column_name
      select distinct data_source_id, unnest(column_names) from catalog_table
      where valid_to is null`);

    // What people say of a schema, a table or a column. Its id follows from names, as the table's.
    this.addSql(`
      create table catalog_note (
        id text primary key,
        organization_id text not null references organization,
        data_source_id text not null references data_source on delete cascade,
        kind text not null check (kind in ('schema', 'table', 'column')),
        table_id text check ((kind = 'schema') = (table_id is null)),
        name text not null,
        description text,
        custom_ai_context text,
        is_hidden boolean not null default false,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index catalog_note_source on catalog_note (data_source_id, kind)`);
    this.addSql(`
      create index catalog_note_table on catalog_note (table_id) where table_id is not null`);

    // Both extensions come with PostgreSQL and are trusted: whoever may create in the database may
    // create them. Where they are missing or forbidden, searches answer the same, by reading more.
    this.addSql(`
      do $$ begin
        create extension if not exists pg_trgm;
        create extension if not exists btree_gin;
        create index catalog_table_search on catalog_table
          using gin (data_source_id, name gin_trgm_ops) where valid_to is null;
        create index catalog_column_name_search on catalog_column_name
          using gin (data_source_id, name gin_trgm_ops);
      exception when insufficient_privilege or undefined_file or undefined_object
          or feature_not_supported then
        raise warning 'searches of catalogs go without an index: %', sqlerrm;
      end $$`);
  }

  override down(): void {
    this.addSql(`drop table catalog_note`);
    this.addSql(`drop table catalog_column_name`);
    this.addSql(`drop table catalog_schema`);
    this.addSql(`drop table catalog_history`);
    for (const index of ['search', 'columns', 'begin', 'kind', 'past', 'list']) {
      this.addSql(`drop index if exists catalog_table_${index}`);
    }
    this.addSql(`
      create index catalog_table_list
        on catalog_table (data_source_id, (left(schema_name, 400)) collate "C", (left(name, 400)) collate "C", table_id)
        where valid_to is null`);
    this.addSql(`alter table catalog_staging drop kind, drop column_names`);
    this.addSql(`alter table catalog_table drop kind, drop column_names`);
    this.addSql(`alter table organization drop catalog_history_days`);
  }
}
