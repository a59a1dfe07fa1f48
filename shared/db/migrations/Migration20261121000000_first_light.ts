import { Migration } from '@mikro-orm/migrations';

/** Organizations, keys, data sources, their sealed secrets, catalog, health and the audit chain. */
export class Migration20261121000000_first_light extends Migration {
  override up(): void {
    this.addSql(`
      create table organization (
        id text primary key,
        name text not null,
        slug text not null unique,
        custom_ai_context text,
        onboarding_status text not null default 'STARTED'
          check (onboarding_status in ('STARTED', 'COMPLETED', 'SKIPPED')),
        full_embed_enabled boolean not null default false,
        embed_allowed_origins text[] not null default '{}',
        is_billable boolean not null default true,
        insights_enabled boolean not null default true,
        trial_ends_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);

    this.addSql(`
      create table app_user (
        id text primary key,
        email text not null unique check (email = lower(email)),
        full_name text,
        password_hash text,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);

    this.addSql(`
      create table membership (
        id text primary key,
        organization_id text not null references organization,
        user_id text not null references app_user,
        role text not null check (role in ('ADMIN', 'MEMBER')),
        deactivated_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        unique (organization_id, user_id)
      )`);
    this.addSql(`create index membership_user on membership (user_id)`);

    this.addSql(`
      create table api_key (
        id text primary key,
        organization_id text not null references organization,
        user_id text not null references app_user,
        name text not null,
        hint text not null,
        hash bytea not null unique,
        expires_at timestamptz(3),
        deactivated_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index api_key_organization on api_key (organization_id, id desc)`);

    this.addSql(`
      create table data_source (
        id text primary key,
        organization_id text not null references organization,
        display_name text not null,
        description text not null default '',
        dialect text not null,
        connection jsonb not null,
        connection_version integer not null default 1,
        is_demo boolean not null default false,
        last_sync_status text not null default 'NEVER_SYNCED'
          check (last_sync_status in ('PENDING', 'SUCCESS', 'FAILED', 'NEVER_SYNCED')),
        last_sync_attempt_at timestamptz(3),
        last_successful_sync_at timestamptz(3),
        sync_failure text,
        last_health_status text not null default 'HEALTHY'
          check (last_health_status in ('HEALTHY', 'UNHEALTHY')),
        last_healthy_at timestamptz(3) not null,
        last_health_check_attempt_at timestamptz(3) not null,
        next_sync_at timestamptz(3) not null,
        next_health_check_at timestamptz(3) not null,
        deleted_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(
      `create index data_source_list on data_source (organization_id, id desc) where deleted_at is null`,
    );
    // What is due is found from the front of these, however many data sources there are.
    this.addSql(
      `create index data_source_sync_due on data_source (next_sync_at) where deleted_at is null`,
    );
    this.addSql(
      `create index data_source_health_due on data_source (next_health_check_at) where deleted_at is null`,
    );

    this.addSql(`
      create table secret_envelope (
        id text primary key,
        organization_id text not null references organization,
        owner_type text not null check (owner_type in ('data_source', 'connection_draft')),
        owner_id text not null,
        field text not null,
        version integer not null,
        kid text not null,
        wrapped bytea not null check (octet_length(wrapped) = 112),
        nonce bytea not null check (octet_length(nonce) = 24),
        ciphertext bytea not null,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        unique (owner_id, field)
      )`);

    this.addSql(`
      create table sealing_key (
        kid text primary key,
        public_key bytea not null check (octet_length(public_key) = 32),
        is_active boolean not null,
        created_at timestamptz(3) not null
      )`);
    this.addSql(
      `create unique index sealing_key_active on sealing_key (is_active) where is_active`,
    );

    this.addSql(`
      create table connection_draft (
        id text primary key,
        organization_id text not null references organization,
        connection jsonb not null,
        report jsonb,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index connection_draft_age on connection_draft (created_at)`);

    this.addSql(`
      create table sync_run (
        id text primary key,
        organization_id text not null references organization,
        data_source_id text not null references data_source on delete cascade,
        trigger text not null check (trigger in ('created', 'updated', 'requested', 'scheduled')),
        status text not null default 'PENDING' check (status in ('PENDING', 'SUCCESS', 'FAILED')),
        failure text,
        started_at timestamptz(3),
        finished_at timestamptz(3),
        tables integer,
        columns integer,
        tables_added integer,
        tables_changed integer,
        tables_removed integer,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index sync_run_list on sync_run (data_source_id, id desc)`);
    // One sync at a time per data source, whatever the queue thinks.
    this.addSql(
      `create unique index sync_run_pending on sync_run (data_source_id) where status = 'PENDING'`,
    );

    // Names are unbounded in some engines and a B-tree entry is not, so the order index holds the
    // first 400 characters; the full names break ties within a page.
    this.addSql(`
      create table catalog_table (
        table_id text not null,
        valid_from timestamptz(3) not null,
        valid_to timestamptz(3),
        data_source_id text not null references data_source on delete cascade,
        schema_name text not null,
        name text not null,
        definition json not null,
        hash bytea not null,
        row_estimate double precision,
        primary key (table_id, valid_from)
      )`);
    this.addSql(
      `create unique index catalog_table_current on catalog_table (table_id) where valid_to is null`,
    );
    this.addSql(`
      create index catalog_table_list
        on catalog_table (data_source_id, (left(schema_name, 400)) collate "C", (left(name, 400)) collate "C", table_id)
        where valid_to is null`);
    this.addSql(`
      create index catalog_table_history on catalog_table (data_source_id, valid_to)
        where valid_to is not null`);

    // What a sync has read so far, until its commit publishes it. An attempt that finds rows missing
    // (PostgreSQL empties the table after a crash of its own) starts again.
    this.addSql(`
      create unlogged table catalog_staging (
        attempt text not null,
        table_id text not null,
        schema_name text not null,
        name text not null,
        definition json,
        hash bytea,
        row_estimate double precision,
        staged_at timestamptz(3) not null default now(),
        primary key (attempt, table_id)
      )`);

    this.addSql(`
      create table health_check (
        id text primary key,
        organization_id text not null references organization,
        data_source_id text not null references data_source on delete cascade,
        status text not null check (status in ('HEALTHY', 'UNHEALTHY')),
        failure text,
        duration_ms double precision not null,
        server_version text,
        steps jsonb not null,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index health_check_list on health_check (data_source_id, id desc)`);

    this.addSql(`
      create table audit_event (
        id text primary key,
        organization_id text not null references organization,
        sequence bigint not null,
        occurred_at timestamptz(3) not null,
        action text not null,
        actor_type text not null check (actor_type in ('user', 'api_key', 'system')),
        actor_id text,
        target_type text not null,
        target_id text not null,
        request_id text,
        address text,
        user_agent text,
        details text not null,
        previous_hash bytea not null,
        hash bytea not null,
        unique (organization_id, sequence)
      )`);
    // The end of each chain. Locking this row is what gives events their order.
    this.addSql(`
      create table audit_head (
        organization_id text primary key references organization,
        sequence bigint not null,
        hash bytea not null
      )`);
    this.addSql(`
      create function audit_event_is_append_only() returns trigger language plpgsql as $$
      begin
        raise exception 'audit_event is append-only';
      end $$`);
    this.addSql(`
      create trigger audit_event_append_only before update or delete or truncate on audit_event
        for each statement execute function audit_event_is_append_only()`);

    // The latest figures of each worker, for /metrics. Lost in a crash, and rightly so.
    this.addSql(`
      create unlogged table worker_metrics (
        worker_id text primary key,
        reported_at timestamptz(3) not null,
        metrics jsonb not null
      )`);
  }

  override down(): void {
    for (const table of [
      'worker_metrics',
      'audit_head',
      'audit_event',
      'health_check',
      'catalog_staging',
      'catalog_table',
      'sync_run',
      'connection_draft',
      'sealing_key',
      'secret_envelope',
      'data_source',
      'api_key',
      'membership',
      'app_user',
      'organization',
    ]) {
      this.addSql(`drop table ${table}`);
    }
    this.addSql(`drop function audit_event_is_append_only()`);
  }
}
