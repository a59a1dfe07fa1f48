import { Migration } from '@mikro-orm/migrations';

/** Versions of secrets, who may see them in clear, and what a worker hands over when they do. */
export class Migration20261121000300_credentials extends Migration {
  override up(): void {
    // A version that another one took the place of stays for a day and is then destroyed.
    this.addSql(`alter table secret_envelope add column retired_at timestamptz(3)`);
    this.addSql(`alter table secret_envelope drop constraint secret_envelope_owner_id_field_key`);
    this.addSql(`
      create unique index secret_envelope_current on secret_envelope (owner_id, field)
        where retired_at is null`);
    this.addSql(`
      create unique index secret_envelope_version on secret_envelope (owner_id, field, version)`);
    this.addSql(`
      create index secret_envelope_retired on secret_envelope (retired_at)
        where retired_at is not null`);

    this.addSql(`alter table data_source add column last_revealed_at timestamptz(3)`);
    this.addSql(`
      alter table organization add column reveal_policy text not null default 'admins'
        check (reveal_policy in ('never', 'admins'))`);

    // Lives from a request to its answer, for seconds. The answer is sealed to a key that only the
    // waiting request has. After a crash of PostgreSQL the table is empty, and rightly so.
    this.addSql(`
      create unlogged table credential_reveal (
        id text primary key,
        organization_id text not null,
        data_source_id text not null,
        user_id text not null,
        session_id text not null,
        request_id text,
        address text,
        user_agent text,
        reason text not null,
        expires_at timestamptz(3) not null,
        audited_at timestamptz(3),
        answer bytea,
        failure text,
        check (answer is null or audited_at is not null)
      )`);
    this.addSql(`create index credential_reveal_age on credential_reveal (expires_at)`);
  }

  override down(): void {
    this.addSql(`drop table credential_reveal`);
    this.addSql(`alter table organization drop column reveal_policy`);
    this.addSql(`alter table data_source drop column last_revealed_at`);
    this.addSql(`delete from secret_envelope where retired_at is not null`);
    this.addSql(`drop index secret_envelope_version`);
    this.addSql(`alter table secret_envelope drop column retired_at`);
    this.addSql(`alter table secret_envelope add unique (owner_id, field)`);
  }
}
