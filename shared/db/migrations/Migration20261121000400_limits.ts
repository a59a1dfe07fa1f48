import { Migration } from '@mikro-orm/migrations';

/** Plans, and quotas that processes take in portions. */
export class Migration20261121000400_limits extends Migration {
  override up(): void {
    this.addSql(`
      alter table organization
        add plan text not null default 'FREE' check (plan in ('FREE', 'PRO', 'ENTERPRISE'))`);
    // How much the latest change of the row gave: what a statement returns is the row after it.
    this.addSql(`alter table rate_limit add granted integer not null default 1`);
  }

  override down(): void {
    this.addSql(`alter table rate_limit drop granted`);
    this.addSql(`alter table organization drop plan`);
  }
}
