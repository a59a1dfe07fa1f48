import { Migration } from '@mikro-orm/migrations';

/** Copies of what an organization has set up. */
export class Migration20261122000102_backup_runs extends Migration {
  override up(): void {
    this.addSql(`
      create table backup_run (
        id text primary key,
        organization_id text not null references organization,
        status text not null check (status in ('PENDING', 'SUCCESS', 'FAILED')),
        failure text,
        finished_at timestamptz(3),
        record_count integer,
        byte_count integer,
        sha256 text,
        content bytea,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        check ((status = 'SUCCESS') = (content is not null))
      )`);
    this.addSql(`create index backup_run_list on backup_run (organization_id, id desc)`);
    // One at a time.
    this.addSql(`
      create unique index backup_run_pending on backup_run (organization_id)
        where status = 'PENDING'`);
    // It is compressed already.
    this.addSql(`alter table backup_run alter content set storage external`);
  }

  override down(): void {
    this.addSql(`drop table backup_run`);
  }
}
