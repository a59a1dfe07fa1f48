import { Migration } from '@mikro-orm/migrations';

/** From what it notes of a database, a connector tells which tables have changed since. */
export class Migration20261122000800_catalog_marks extends Migration {
  override up(): void {
    // What is not known is read again.
    this.addSql(`delete from catalog_state`);
    this.addSql(`alter table catalog_state add column marks bytea not null`);
  }

  override down(): void {
    this.addSql(`alter table catalog_state drop column marks`);
  }
}
