import { Migration } from '@mikro-orm/migrations';

/** Which tables are synced, how far a sync is, and what tells that a catalog has not changed. */
export class Migration20261122000200_sync_engine extends Migration {
  override up(): void {
    this.addSql(`alter table data_source add table_patterns jsonb not null default '[]'`);
    // Null is the rule: the table was there no more. `deselected`: it was no longer looked at.
    this.addSql(`
      alter table catalog_table
        add end_reason text check (end_reason = 'deselected'),
        add check (end_reason is null or valid_to is not null)`);
    this.addSql(`
      alter table sync_run
        add tables_deselected integer,
        add tables_read integer,
        add columns_read integer,
        drop constraint sync_run_status_check,
        add constraint sync_run_status_check
          check (status in ('PENDING', 'SUCCESS', 'FAILED', 'CANCELLED'))`);

    // What the last full read of a catalog was of. Beside data_source, whose rows are written often.
    this.addSql(`
      create table catalog_state (
        data_source_id text primary key references data_source on delete cascade,
        connection_version integer not null,
        token text not null,
        tables integer not null,
        columns integer not null,
        read_at timestamptz(3) not null
      )`);
  }

  override down(): void {
    this.addSql(`drop table catalog_state`);
    this.addSql(`
      update sync_run set status = 'FAILED', failure = 'INTERNAL_ERROR' where status = 'CANCELLED'`);
    this.addSql(`
      alter table sync_run
        drop tables_deselected,
        drop tables_read,
        drop columns_read,
        drop constraint sync_run_status_check,
        add constraint sync_run_status_check check (status in ('PENDING', 'SUCCESS', 'FAILED'))`);
    this.addSql(`alter table catalog_table drop end_reason`);
    this.addSql(`alter table data_source drop table_patterns`);
  }
}
