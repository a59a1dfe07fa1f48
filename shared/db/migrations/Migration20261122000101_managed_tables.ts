import { Migration } from '@mikro-orm/migrations';

/** Tables of data sources that are managed in a group: organization > project > group > table. */
export class Migration20261122000101_managed_tables extends Migration {
  override up(): void {
    // Its name is kept, because a table that a sync finds gone is managed all the same.
    this.addSql(`
      create table managed_table (
        group_id text not null references member_group on delete cascade,
        table_id text not null,
        organization_id text not null references organization,
        data_source_id text not null references data_source on delete cascade,
        schema_name text not null,
        name text not null,
        created_at timestamptz(3) not null,
        primary key (group_id, table_id)
      )`);
    this.addSql(`create index managed_table_source on managed_table (data_source_id)`);
  }

  override down(): void {
    this.addSql(`drop table managed_table`);
  }
}
