import { Migration } from '@mikro-orm/migrations';

/** What creations that carried an Idempotency-Key answered, so that a retry gets the same answer. */
export class Migration20261121000402_idempotency extends Migration {
  override up(): void {
    // Nothing in here can be read without the API's secret and the caller's key.
    this.addSql(`
      create table idempotency_key (
        id bytea primary key check (octet_length(id) = 32),
        request_digest bytea not null check (octet_length(request_digest) = 32),
        answer bytea not null,
        expires_at timestamptz(3) not null
      )`);
    this.addSql(`create index idempotency_key_expiry on idempotency_key (expires_at)`);
  }

  override down(): void {
    this.addSql(`drop table idempotency_key`);
  }
}
