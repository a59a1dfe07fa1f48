import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Webhook, WebhookWithSecret } from '../../server/features/webhooks/contract.ts';
import { actionsOf } from '../features/fixtures.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const api = useApi(database);
const url = 'https://hooks.example.com/basekeep?token=canary-in-url';
const all = ({ orgId }: TestTenant) => `/api/public/organizations/${orgId}/webhooks`;

const create = (tenant: TestTenant, body: object = { url }, headers = {}) =>
  api.request('POST', all(tenant), { key: tenant.key, body, headers });

async function countOf(table: string, orgId: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `select count(*)::int as n from ${table} where organization_id = $1`,
    [orgId],
  );
  return rows[0]?.n ?? 0;
}

describe('a new webhook', () => {
  test('answers its secret once, which is nowhere in the database', async () => {
    const tenant = await api.tenant();
    const response = await create(tenant);
    expect(response.status).toBe(201);
    const { secret, ...created } = dataOf(response, WebhookWithSecret);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(created).toMatchObject({ url, isEnabled: true, environment: 'live' });
    expect(created.eventTypes).toHaveLength(4);
    const read = await api.request('GET', `${all(tenant)}/${created.id}`, { key: tenant.key });
    expect(dataOf(read, Webhook)).toEqual(created);
    expect(JSON.stringify(read.body)).not.toContain('whsec_');
    const { rows } = await database.pool.query(
      `select (select json_agg(w)::text from webhook w) || (select json_agg(s)::text from webhook_secret s)
         || (select json_agg(a)::text from audit_event a) as stored`,
    );
    const stored = String(rows[0]?.stored);
    expect(stored).not.toContain(secret.slice(6, 40));
    expect(stored).not.toContain(Buffer.from(secret.slice(6, 40)).toString('hex'));
    const { rows: events } = await database.pool.query<{ details: string }>(
      `select details from audit_event where action = 'webhook.created' and target_id = $1`,
      [created.id],
    );
    expect(events[0]?.details).toContain('hooks.example.com');
    expect(events[0]?.details).not.toContain('canary-in-url');
  });

  test.each([
    ['ftp://hooks.example.com/', 'https'],
    ['http://hooks.example.com/', 'https'],
    ['https://user:pass@hooks.example.com/', 'credentials'],
    ['https://hooks.example.com/#here', 'fragment'],
    ['https://hooks.example.com:0/', 'port'],
    ['not a url', 'https'],
    ['javascript:alert(1)', 'https'],
    [`https://hooks.example.com/${'x'.repeat(2_000)}`, ''],
  ])('is not made for %s', async (bad, reason) => {
    const tenant = await api.tenant();
    const refused = errorOf(await create(tenant, { url: bad }));
    expect(refused).toMatchObject({ status: 400, title: 'ValidationError' });
    expect(refused.detail).toContain('url');
    expect(refused.detail).toContain(reason);
    expect(await countOf('webhook', tenant.orgId)).toBe(0);
  });

  test.each(['http://127.0.0.1:8080/', 'http://[fd00::1]/', 'http://relay/', 'http://a.internal/'])(
    'may go without TLS to what can be in a private network: %s',
    async (plain) => {
      expect((await create(await api.tenant(), { url: plain })).status).toBe(201);
    },
  );

  test.each([
    [{ url, eventTypes: [] }, 'eventTypes'],
    [{ url, eventTypes: ['data_source.deleted'] }, 'eventTypes'],
    [{ url, description: 'x'.repeat(501) }, 'description'],
    [{ url, secret: 'whsec_mine' }, 'secret'],
  ])('is refused by the name of the field: %j', async (body, field) => {
    const refused = errorOf(await create(await api.tenant(), body));
    expect(refused.status).toBe(400);
    expect(refused.detail).toContain(field);
  });

  test('is made once however often it is retried, with the same secret', async () => {
    const tenant = await api.tenant();
    const key = { 'idempotency-key': randomUUID() };
    const [first, second] = [
      dataOf(await create(tenant, { url }, key), WebhookWithSecret),
      dataOf(await create(tenant, { url }, key), WebhookWithSecret),
    ];
    expect(second).toEqual(first);
    expect(await countOf('webhook', tenant.orgId)).toBe(1);
  });

  test('is the twentieth at most', async () => {
    const tenant = await api.tenant();
    for (let n = 0; n < 20; n += 1) expect((await create(tenant)).status).toBe(201);
    expect(errorOf(await create(tenant))).toMatchObject({ status: 409, title: 'Conflict' });
    expect(await countOf('webhook', tenant.orgId)).toBe(20);
  });
});

describe('a webhook', () => {
  test('is changed, switched off and on, tested and deleted, each on record', async () => {
    const tenant = await api.tenant();
    const { key, orgId } = tenant;
    const { id } = dataOf(await create(tenant), WebhookWithSecret);
    const one = `${all(tenant)}/${id}`;
    const call = async (method: string, below = '', body?: object) =>
      api.request(method, `${one}${below}`, { key, ...(body ? { body } : {}) });
    const changes = { url: 'https://other.example.com/', eventTypes: ['sync.failed'] };
    expect(dataOf(await call('PATCH', '', changes), Webhook)).toMatchObject(changes);
    const off = dataOf(await call('PATCH', '', { isEnabled: false }), Webhook);
    expect(off).toMatchObject({ isEnabled: false, disabledReason: 'SWITCHED_OFF' });
    expect((await call('POST', '/test')).status).toBe(409);
    expect(await countOf('webhook_event', orgId)).toBe(0);
    await call('PATCH', '', { isEnabled: true });
    expect((await call('POST', '/test')).status).toBe(202);
    const jobs = await database.pool.query(
      `select 1 from pgboss.job where name = 'deliver-webhook' and state = 'created'`,
    );
    expect(jobs.rows).toHaveLength(1);
    expect((await call('DELETE')).status).toBe(200);
    expect((await call('GET')).status).toBe(404);
    expect(await countOf('webhook_secret', orgId)).toBe(0);
    expect((await actionsOf(database, orgId)).filter((act) => act.startsWith('webhook'))).toEqual([
      'webhook.created',
      'webhook.updated',
      'webhook.updated',
      'webhook.updated',
      'webhook.tested',
      'webhook.deleted',
    ]);
  });

  test('keeps to two secrets, however often it is rotated', async () => {
    const tenant = await api.tenant();
    const { id } = dataOf(await create(tenant), WebhookWithSecret);
    const seen = new Set<string>();
    for (let n = 0; n < 4; n += 1) {
      const path = `${all(tenant)}/${id}/rotate-secret`;
      const rotated = await api.request('POST', path, { key: tenant.key, body: {} });
      seen.add(dataOf(rotated, WebhookWithSecret).secret);
    }
    expect(seen.size).toBe(4);
    const { rows } = await database.pool.query(
      `select version, expires_at is null as is_current from webhook_secret
       where webhook_id = $1 order by version`,
      [id],
    );
    expect(rows).toEqual([
      { version: 4, is_current: false },
      { version: 5, is_current: true },
    ]);
  });

  test('of live data sources does not exist for a test key, nor the other way round', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const live = dataOf(await create(tenant), WebhookWithSecret);
    const pair = await api.client(tenant).apiKeys.create.mutate({
      ...{ orgId, name: 'pair', kind: 'pair', environment: 'test' },
    });
    const headers = { 'x-api-key': pair.key, 'x-api-secret': pair.secret ?? '' };
    const one = await api.request('GET', `/api/webhooks/${live.id}`, { headers });
    expect(one.status).toBe(404);
    const made = await api.request('POST', '/api/webhooks', { headers, body: { url } });
    expect(z.object({ environment: z.string() }).parse(made.body).environment).toBe('test');
    const list = await api.request('GET', '/api/webhooks', { headers });
    expect(z.object({ webhooks: z.array(Webhook) }).parse(list.body).webhooks).toHaveLength(1);
    const foreign = { url, environment: 'live' };
    expect((await api.request('POST', '/api/webhooks', { headers, body: foreign })).status).toBe(
      400,
    );
    const page = await api.request('GET', all(tenant), { key: tenant.key });
    expect(itemsOf(page, Webhook).items).toHaveLength(2);
  });
});
