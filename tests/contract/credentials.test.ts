import { expect, test } from 'vitest';
import { z } from 'zod';
import { credentialIdOf } from '../../shared/ids.ts';
import { verifyExport } from '../../server/features/audit/verify-export.ts';
import { postgres } from '../features/fixtures.ts';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { signIn } from '../support/people/sign-in.ts';
import { useWorkers } from '../support/processes/workers.ts';

// Credentials and the audit trail as v1.md and keyed.md have them.

const database = useDatabase();
const api = useApi(database);
const workers = useWorkers(database, api);

async function owner() {
  const tenant = await api.tenant();
  const { orgId } = tenant;
  const body = { orgId, ...postgres, sshPassword: 'tunnel' };
  const { id } = await api.client(tenant).dataSources.create.mutate(body);
  return { ...tenant, sourceId: id, credentialId: credentialIdOf(id) };
}

const V1 = z.object({ data: z.unknown() });
const dataOf = ({ body }: { body: unknown }) => V1.parse(body).data;
const ErrorCode = z.object({ error: z.object({ code: z.string() }) });

test('v1: masked profiles, in snake case', async () => {
  const { key, credentialId, sourceId } = await owner();
  const answer = await api.request('GET', '/api/v1/credentials', { key });
  const unset = { is_set: false, version: null, updated_at: null };
  const set = { is_set: true, version: 1, updated_at: expect.any(String) };
  expect(dataOf(answer)).toEqual([
    {
      id: credentialId,
      name: 'Shop',
      data_source_id: sourceId,
      dialect: 'POSTGRES',
      username: 'reader',
      host: 'db.example.com',
      port: 5432,
      database_name: null,
      uri: 'postgres://reader:********@db.example.com:5432?sslmode=verify-full',
      secrets: {
        password: set,
        ssl_client_key: unset,
        snowflake_private_key: unset,
        snowflake_private_key_passphrase: unset,
        big_query_json_key: unset,
        ssh_password: set,
        ssh_private_key: unset,
        ssh_private_key_passphrase: unset,
      },
      last_revealed_at: null,
    },
  ]);
});

test('v1: a reveal after a sign-in; a key is told to sign in; a policy closes it', async () => {
  const skip = () => Promise.resolve(() => Promise.resolve());
  await workers.work({ handlers: { 'sync-schema': skip, 'check-health': skip } });
  const user = await owner();
  // The organization follows from the credential, also for a member of several.
  await api.client(user).organizations.create.mutate({ name: 'Second' });
  const path = `/api/v1/credentials/${user.credentialId}/reveal`;
  const body = { reason: 'restore the replica' };
  const byKey = await api.request('POST', path, { key: user.key, body });
  expect(byKey.status).toBe(403);
  expect(ErrorCode.parse(byKey.body).error.code).toBe('REAUTHENTICATION_REQUIRED');
  const key = await signIn(api, database, user);
  const answer = await api.request('POST', path, { key, body });
  expect(answer.status).toBe(200);
  expect(dataOf(answer)).toEqual({
    uri: 'postgres://reader:correct%20horse@db.example.com:5432?sslmode=verify-full',
    secrets: { password: 'correct horse', ssh_password: 'tunnel' },
    expires_at: expect.any(String),
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const policy = { organization_id: user.orgId, policy: 'never' };
  const set = await api.request('PUT', '/api/v1/credentials/reveal-policy', { key, body: policy });
  expect(dataOf(set)).toEqual({ policy: 'never' });
  const closed = await api.request('POST', path, { key, body });
  expect(closed.status).toBe(403);
  expect(ErrorCode.parse(closed.body).error.code).toBe('FORBIDDEN');
});

test('v1: the trail, and an export that proves itself', async () => {
  const { key } = await owner();
  const list = await api.request('GET', '/api/v1/audit/events?action=data_source.created', { key });
  expect(dataOf(list)).toMatchObject([{ action: 'data_source.created', actor_type: 'api_key' }]);
  const exported = await api.request('GET', '/api/v1/audit/events/export', { key });
  expect(exported.status).toBe(200);
  expect(exported.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
  const text = z.string().parse(exported.body);
  expect(text.split('\n')).toHaveLength(6);
  const whole = async function* () {
    yield await Promise.resolve(Buffer.from(text));
  };
  expect(await verifyExport(whole())).toMatchObject({ events: 4, broken: null });
  const refused = await api.request('GET', '/api/v1/audit/events/export?from=x', { key });
  expect(refused.status).toBe(400);
});

test('v1: an export of a long trail is read in pieces', async () => {
  const { key, orgId } = await owner();
  const client = api.client({ key });
  const pieces = 1_200;
  await database.pool.query(`
    create function fill(org text, n integer) returns void language plpgsql as $$
    begin
      insert into audit_event select 'evt_filler' || i, org, 4 + i, now(), 'filler', 'system', null,
        'x', 'x', null, null, repeat('x', 400), '{}', sha256('x'), sha256('x')
      from generate_series(1, n) i;
      update audit_head set sequence = 4 + n where organization_id = org;
    end $$`);
  await database.pool.query('select fill($1, $2)', [orgId, pieces]);
  const response = await fetch(`${api.url}/api/v1/audit/events/export`, {
    headers: { authorization: `Bearer ${key}` },
  });
  let chunks = 0;
  let lines = 0;
  for await (const chunk of response.body ?? []) {
    chunks += 1;
    lines += Buffer.from(chunk).toString('latin1').split('\n').length - 1;
  }
  expect(lines).toBe(1 + 4 + pieces);
  expect(chunks).toBeGreaterThan(1);
  expect((await client.audit.list.query({ orgId, limit: 1 })).items[0]?.action).toBe('filler');
});

test('keyed: both lists, counted in pages, each by its scope', async () => {
  const { key, orgId, credentialId } = await owner();
  const pair = async (scopes: ('credentials:read' | 'audit:read')[]) => {
    const made = await api
      .client({ key })
      .apiKeys.create.mutate({ orgId, name: 'pair', kind: 'pair', scopes });
    return { 'X-Api-Key': made.key, 'X-Api-Secret': made.secret ?? '' };
  };
  const get = (path: string, headers: Record<string, string>) =>
    api.request('GET', `/api${path}`, { headers });
  const credentials = await get('/credentials', await pair(['credentials:read']));
  expect(credentials.body).toMatchObject({
    credentials: [{ id: credentialId, secrets: { sshPassword: { isSet: true } } }],
    pagination: { page: 1, pageSize: 50, totalCount: 1, totalPages: 1 },
  });
  const auditor = await pair(['audit:read']);
  const events = await get('/audit-events?page=2&pageSize=2', auditor);
  expect(events.body).toMatchObject({
    auditEvents: [{ sequence: 4 }, { sequence: 3 }],
    pagination: { page: 2, pageSize: 2, totalCount: 6, totalPages: 3 },
  });
  const refused = await get('/credentials', auditor);
  expect([refused.status, refused.body]).toEqual([
    403,
    {
      error: 'Insufficient permissions',
      message: 'Your API key does not have the required scope: credentials:read',
    },
  ]);
});
