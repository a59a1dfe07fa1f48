import { Migration } from '@mikro-orm/migrations';

/** Webhooks, what they are told, and how each delivery went. */
export class Migration20261122000302_webhooks extends Migration {
  override up(): void {
    this.addSql(`
      create table webhook (
        id text primary key,
        organization_id text not null references organization,
        url text not null,
        description text not null,
        environment text not null check (environment in ('live', 'test')),
        event_types text[] not null check (cardinality(event_types) > 0),
        disabled_at timestamptz(3),
        disabled_reason text check (disabled_reason in ('SWITCHED_OFF', 'FAILING', 'GONE')),
        failing_since timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        check ((disabled_at is null) = (disabled_reason is null))
      )`);
    this.addSql(`create index webhook_list on webhook (organization_id, id desc)`);

    // Sealed for the workers. While a secret is being changed there are two: the old one expires.
    this.addSql(`
      create table webhook_secret (
        id text primary key,
        organization_id text not null references organization,
        webhook_id text not null references webhook on delete cascade,
        version integer not null,
        kid text not null,
        wrapped bytea not null check (octet_length(wrapped) = 112),
        nonce bytea not null check (octet_length(nonce) = 24),
        ciphertext bytea not null,
        expires_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        unique (webhook_id, version)
      )`);

    // The body is text: what is signed is sent again byte for byte.
    this.addSql(`
      create table webhook_event (
        id text primary key,
        organization_id text not null references organization,
        data_source_id text,
        type text not null,
        body text not null,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index webhook_event_age on webhook_event (created_at)`);

    this.addSql(`
      create table webhook_delivery (
        id text primary key,
        organization_id text not null references organization,
        webhook_id text not null references webhook on delete cascade,
        event_id text not null references webhook_event on delete cascade,
        status text not null check (status in ('PENDING', 'DELIVERED', 'FAILED')),
        attempts jsonb not null default '[]',
        next_attempt_at timestamptz(3),
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        check ((status = 'PENDING') = (next_attempt_at is not null))
      )`);
    this.addSql(`create index webhook_delivery_list on webhook_delivery (webhook_id, id desc)`);
    this.addSql(`create index webhook_delivery_event on webhook_delivery (event_id)`);
    this.addSql(`
      create index webhook_delivery_due on webhook_delivery (next_attempt_at)
        where status = 'PENDING'`);
  }

  override down(): void {
    for (const table of ['webhook_delivery', 'webhook_event', 'webhook_secret', 'webhook'])
      this.addSql(`drop table ${table}`);
  }
}
