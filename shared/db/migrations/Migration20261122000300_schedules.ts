import { Migration } from '@mikro-orm/migrations';

/** How often each data source is synced and checked, and whether it is at all. */
export class Migration20261122000300_schedules extends Migration {
  override up(): void {
    this.addSql(`
      alter table data_source
        add sync_interval_seconds integer not null default 86400
          check (sync_interval_seconds between 900 and 2592000),
        add health_interval_seconds integer not null default 300
          check (health_interval_seconds between 60 and 86400),
        add sync_failures integer not null default 0 check (sync_failures >= 0),
        add paused_at timestamptz(3),
        add pause_reason text,
        add check ((paused_at is null) = (pause_reason is null))`);
    // What is paused is never due: it must not stand at the front of what is looked through.
    this.addSql(`drop index data_source_sync_due`);
    this.addSql(`drop index data_source_health_due`);
    this.addSql(`
      create index data_source_sync_due on data_source (next_sync_at)
        where deleted_at is null and paused_at is null`);
    this.addSql(`
      create index data_source_health_due on data_source (next_health_check_at)
        where deleted_at is null and paused_at is null`);
  }

  override down(): void {
    this.addSql(`drop index data_source_sync_due`);
    this.addSql(`drop index data_source_health_due`);
    this.addSql(`
      alter table data_source
        drop sync_interval_seconds, drop health_interval_seconds, drop sync_failures,
        drop paused_at, drop pause_reason`);
    this.addSql(
      `create index data_source_sync_due on data_source (next_sync_at) where deleted_at is null`,
    );
    this.addSql(
      `create index data_source_health_due on data_source (next_health_check_at) where deleted_at is null`,
    );
  }
}
