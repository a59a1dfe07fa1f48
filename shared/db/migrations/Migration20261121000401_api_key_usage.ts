import { Migration } from '@mikro-orm/migrations';

/** How often each key was used, per day (UTC) and route. */
export class Migration20261121000401_api_key_usage extends Migration {
  override up(): void {
    this.addSql(`
      create table api_key_usage (
        api_key_id text not null references api_key on delete cascade,
        day date not null,
        route text not null,
        count bigint not null,
        primary key (api_key_id, day, route)
      )`);
    this.addSql(`create index api_key_usage_age on api_key_usage (day)`);
  }

  override down(): void {
    this.addSql(`drop table api_key_usage`);
  }
}
