import { Migration } from '@mikro-orm/migrations';

/** Sessions, and API keys of both kinds with scopes. */
export class Migration20261121000100_identity extends Migration {
  override up(): void {
    this.addSql(`
      alter table app_user
        add status text not null default 'ACTIVE' check (status in ('PENDING', 'ACTIVE')),
        add locale text not null default 'en',
        add avatar_url text,
        add title text,
        add is_email_verified boolean not null default false`);

    // One row per sign-in: the family of its refresh tokens.
    this.addSql(`
      create table user_session (
        id text primary key,
        user_id text not null references app_user,
        generation integer not null default 0,
        refresh_hash bytea not null unique,
        rotated_at timestamptz(3),
        is_retried boolean not null default false,
        signed_in_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        revoked_at timestamptz(3),
        address text,
        user_agent text,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(
      `create index user_session_user on user_session (user_id) where revoked_at is null`,
    );
    this.addSql(`create index user_session_expiry on user_session (expires_at)`);

    this.addSql(`
      alter table api_key
        add kind text not null default 'bearer' check (kind in ('bearer', 'pair')),
        add public_id text unique,
        add scopes text[] not null default '{system:full-access}',
        add environment text not null default 'live' check (environment in ('live', 'test')),
        add allowed_cidrs text[] not null default '{}',
        add previous_hash bytea unique,
        add previous_hash_until timestamptz(3),
        add last_used_at timestamptz(3),
        add check ((kind = 'pair') = (public_id is not null))`);
    // Counters of tries and requests, exact over all processes. Lost in a crash, and rightly so.
    this.addSql(`
      create unlogged table rate_limit (
        key text primary key,
        window_ends_at timestamptz(3) not null,
        count integer not null
      )`);
    this.addSql(`create index rate_limit_age on rate_limit (window_ends_at)`);
    this.addSql(`alter table data_source
        add environment text not null default 'live' check (environment in ('live', 'test'))`);
  }

  override down(): void {
    this.addSql(`alter table data_source drop environment`);
    this.addSql(`
      alter table api_key drop kind, drop public_id, drop scopes, drop environment,
        drop allowed_cidrs, drop previous_hash, drop previous_hash_until, drop last_used_at`);
    this.addSql(`drop table rate_limit`);
    this.addSql(`drop table user_session`);
    this.addSql(`
      alter table app_user drop status, drop locale, drop avatar_url, drop title,
        drop is_email_verified`);
  }
}
