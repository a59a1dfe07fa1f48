import { createHash, randomBytes, randomUUID } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import type pg from 'pg';
import { dataSourceColumns, findCaller, toJson, type DataSourceRow } from './list-data-sources.ts';

export interface CreateBody {
  readonly dialect: string;
  readonly displayName: string;
  readonly description: string;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly username: string;
  readonly password: string;
}

interface Needs {
  readonly pool: pg.Pool;
  readonly publicKey: Uint8Array;
}

const newId = (prefix: string): string => `${prefix}_${randomBytes(13).toString('hex')}`;

/** Seal, row, envelope, run, two jobs, audit event: one transaction of the same inserts. */
export async function createDataSource(
  { pool, publicKey }: Needs,
  authorization: string,
  orgId: string,
  body: CreateBody,
) {
  const caller = await findCaller(pool, authorization, orgId);
  if (!caller) return null;
  const client = await pool.connect();
  try {
    await client.query('begin');
    const row = await insertDataSource(client, orgId, body);
    await insertEnvelope(client, { orgId, id: row.id }, seal(body.password, publicKey));
    const runId = newId('run');
    await client.query(
      `insert into sync_run (id, organization_id, data_source_id, trigger, created_at, updated_at)
       values ($1, $2, $3, 'created', now(), now())`,
      [runId, orgId, row.id],
    );
    await insertJob(client, 'sync-schema', row.id, { dataSourceId: row.id, syncRunId: runId });
    await insertJob(client, 'check-health', row.id, { dataSourceId: row.id });
    await insertAudit(client, { orgId, targetId: row.id, actorId: caller.key_id });
    await client.query('commit');
    return { data: toJson(row) };
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function insertDataSource(
  client: pg.PoolClient,
  orgId: string,
  { displayName, description, dialect, password: _, ...rest }: CreateBody,
): Promise<DataSourceRow> {
  const connection = { ...blank, dialect, ...rest };
  const { rows } = await client.query<DataSourceRow>(
    `insert into data_source (id, organization_id, display_name, description, dialect, connection,
       last_sync_status, last_healthy_at, last_health_check_attempt_at, next_sync_at,
       next_health_check_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, 'PENDING', now(), now(), now() + interval '1 day',
       now() + interval '5 minutes', now(), now())
     returning ${dataSourceColumns}`,
    [newId('ds'), orgId, displayName, description, dialect, connection],
  );
  const [row] = rows;
  if (!row) throw new Error('nothing was inserted');
  return row;
}

const blank = {
  snowflakeAccountId: null,
  snowflakeWarehouse: null,
  snowflakeRole: null,
  bigQueryProjectId: null,
  spannerInstanceId: null,
  athenaWorkgroup: null,
  athenaOutputLocation: null,
  athenaCatalog: null,
  sslEnabled: true,
  sslCaCertificate: null,
  sshEnabled: false,
  sshHost: null,
  sshPort: null,
  sshUsername: null,
  maxPoolSize: null,
};

function seal(secret: string, publicKey: Uint8Array) {
  const key = sodium.crypto_aead_xchacha20poly1305_ietf_keygen();
  const nonce = sodium.randombytes_buf(sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  const encrypt = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;
  return {
    nonce: Buffer.from(nonce),
    wrapped: Buffer.from(sodium.crypto_box_seal(Buffer.concat([key, Buffer.alloc(32)]), publicKey)),
    ciphertext: Buffer.from(encrypt(secret, null, null, nonce, key)),
  };
}

async function insertEnvelope(
  client: pg.PoolClient,
  owner: { orgId: string; id: string },
  envelope: ReturnType<typeof seal>,
): Promise<void> {
  await client.query(
    `insert into secret_envelope (id, organization_id, owner_type, owner_id, field, version, kid,
       wrapped, nonce, ciphertext, created_at, updated_at)
     values ($1, $2, 'data_source', $3, 'password', 1, 'bench', $4, $5, $6, now(), now())`,
    [newId('sec'), owner.orgId, owner.id, envelope.wrapped, envelope.nonce, envelope.ciphertext],
  );
}

/** A job with the options of its queue, and the announcement that wakes a worker. */
async function insertJob(
  client: pg.PoolClient,
  queue: string,
  singletonKey: string,
  data: object,
): Promise<void> {
  await client.query(
    `with job as (
       insert into pgboss.job (id, name, data, singleton_key, priority, start_after, created_on,
         expire_seconds, deletion_seconds, keep_until, retry_limit, retry_delay, retry_backoff,
         retry_delay_max, policy, dead_letter, heartbeat_seconds)
       select $1::uuid, name, $3::jsonb, $4, 0, now(), now(), expire_seconds, deletion_seconds,
         now() + retention_seconds * interval '1s', retry_limit, retry_delay, retry_backoff,
         retry_delay_max, policy, dead_letter, heartbeat_seconds
       from pgboss.queue where name = $2)
     select pg_notify('bench_jobs', $2)`,
    [randomUUID(), queue, JSON.stringify(data), singletonKey],
  );
}

/** Appends to the organization's chain, whose end stays locked until the commit. */
async function insertAudit(
  client: pg.PoolClient,
  act: { orgId: string; targetId: string; actorId: string },
): Promise<void> {
  const { rows } = await client.query<{ sequence: string; hash: Buffer }>(
    'select sequence, hash from audit_head where organization_id = $1 for update',
    [act.orgId],
  );
  const head = rows[0] ?? { sequence: '0', hash: Buffer.alloc(32) };
  const sequence = Number(head.sequence) + 1;
  const details = JSON.stringify({ dialect: 'POSTGRES', secrets: ['password'] });
  const hash = createHash('sha256').update(head.hash).update(JSON.stringify(act)).digest();
  await client.query(
    `insert into audit_event (id, organization_id, sequence, occurred_at, action, actor_type,
       actor_id, target_type, target_id, details, previous_hash, hash)
     values ($1, $2, $3, now(), 'data_source.created', 'api_key', $4, 'data_source', $5, $6, $7, $8)`,
    [newId('evt'), act.orgId, sequence, act.actorId, act.targetId, details, head.hash, hash],
  );
  await client.query('update audit_head set sequence = $2, hash = $3 where organization_id = $1', [
    act.orgId,
    sequence,
    hash,
  ]);
}
