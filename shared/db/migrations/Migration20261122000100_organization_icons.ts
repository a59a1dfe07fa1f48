import { Migration } from '@mikro-orm/migrations';

/** One picture for each organization. */
export class Migration20261122000100_organization_icons extends Migration {
  override up(): void {
    // Its id is its address, so another picture has another one and caches never go stale.
    this.addSql(`
      create table organization_icon (
        organization_id text primary key references organization on delete cascade,
        id text not null unique,
        media_type text not null check (media_type in ('image/jpeg', 'image/png')),
        content bytea not null check (octet_length(content) <= 2097152),
        created_at timestamptz(3) not null
      )`);
    // Both formats are compressed already.
    this.addSql(`alter table organization_icon alter content set storage external`);
  }

  override down(): void {
    this.addSql(`drop table organization_icon`);
  }
}
