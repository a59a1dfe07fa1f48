import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isOnceOnly, type Meta } from '../../../server/trpc.ts';
import { appRouter } from '../../../server/router.ts';
import { deleteOldAnswers } from '../../../workers/dispatch-due/delete-expired.ts';
import { errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { overTrpc } from '../../support/call.ts';
import { belongingsNamed, inputOf, matrixDefinition } from '../../support/matrix.ts';
import { storeTable } from '../../support/store-table.ts';
import { useInstallation } from '../../support/worker.ts';
import { countRows, dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);
const replica = useApi(database, { vaultKeys: api.vaultKeys, apiSecret: api.apiSecret });

function create(
  tenant: TestTenant,
  idempotencyKey: string,
  body: object = postgres,
  through = api,
) {
  return through.request('POST', dataSourcesOf(tenant), {
    key: tenant.key,
    body,
    headers: { 'idempotency-key': idempotencyKey },
  });
}

const sources = ({ orgId }: TestTenant) => countRows(database, 'data_source', orgId);

describe('a creation with an Idempotency-Key', () => {
  test('happens once: a retry gets the same answer, marked, from any process', async () => {
    const tenant = await api.tenant();
    const idempotencyKey = randomUUID();
    const first = await create(tenant, idempotencyKey);
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    for (const through of [api, replica]) {
      const again = await create(tenant, idempotencyKey, postgres, through);
      expect({ status: again.status, body: again.body }).toEqual({ status: 201, body: first.body });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    }
    expect(await sources(tenant)).toBe(1);
    expect(await countRows(database, 'sync_run', tenant.orgId)).toBe(1);
  });

  test('is the same with its fields in another order, and with the key in quotes', async () => {
    const tenant = await api.tenant();
    const first = await create(tenant, 'order-1');
    const reversed = Object.fromEntries(Object.entries(postgres).toReversed());
    expect((await create(tenant, '"order-1"', reversed)).body).toEqual(first.body);
    expect(await sources(tenant)).toBe(1);
  });

  test('is refused when the key comes with other parameters, and names the header', async () => {
    const tenant = await api.tenant();
    await create(tenant, 'reused');
    const other = await create(tenant, 'reused', { ...postgres, password: 'another one' });
    expect(errorOf(other)).toEqual({
      status: 422,
      title: 'IdempotencyKeyReused',
      detail: 'Idempotency-Key: Was used for a request with other parameters',
      fieldErrors: { 'Idempotency-Key': 'Was used for a request with other parameters' },
    });
    expect(await sources(tenant)).toBe(1);
  });

  test('that was refused is not remembered: corrected, it goes through', async () => {
    const tenant = await api.tenant();
    const wrong = await create(tenant, 'corrected', { ...postgres, port: 70_000 });
    expect(wrong.status).toBe(400);
    expect((await create(tenant, 'corrected')).status).toBe(201);
    const taken = { name: 'Taken', slug: `taken-${randomUUID().slice(0, 8)}` };
    const organization = (key: string, body: object) =>
      api.request('POST', '/api/public/organizations', {
        key: tenant.key,
        body,
        headers: { 'idempotency-key': key },
      });
    expect((await organization('slug-1', taken)).status).toBe(201);
    expect((await organization('slug-2', taken)).status).toBe(409);
    expect((await organization('slug-2', { ...taken, slug: `${taken.slug}-2` })).status).toBe(201);
  });

  test("is another one for another caller: nobody gets anybody else's answer", async () => {
    const [first, second] = [await api.tenant(), await api.tenant()];
    const both = await Promise.all([create(first, 'shared-key'), create(second, 'shared-key')]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    const stranger = await create({ ...first, key: second.key }, 'shared-key');
    expect(stranger.status).toBe(404);
  });

  test('is remembered for 24 hours, and then forgotten', async () => {
    const tenant = await api.tenant();
    const { body } = await create(tenant, 'a-day');
    const { rows } = await database.pool.query<{ hours: number }>(
      `update idempotency_key set expires_at = expires_at - interval '23 hours 59 minutes'
       returning extract(epoch from expires_at - now()) as hours`,
    );
    expect(Number(rows.at(-1)?.hours)).toBeGreaterThan(0);
    expect((await create(tenant, 'a-day')).body).toEqual(body);
    await database.pool.query(
      `update idempotency_key set expires_at = now() - interval '1 second'`,
    );
    expect((await create(tenant, 'a-day')).body).not.toEqual(body);
    expect(await sources(tenant)).toBe(2);
  });
});

test('ten at once with one key: one creates, the others get its answer or are told to come back', async () => {
  const tenant = await api.tenant();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      create(tenant, 'at-once', postgres, n % 2 ? api : replica),
    ),
  );
  expect(await sources(tenant)).toBe(1);
  const created = answers.filter(({ status }) => status === 201);
  expect(created.length).toBeGreaterThanOrEqual(1);
  expect(new Set(created.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expect(errorOf(answer)).toMatchObject({ status: 409, title: 'Conflict' });
    expect(answer.headers.get('retry-after')).toBe('1');
  }
});

test.each(['', '""', 'two words', 'ключ', 'x'.repeat(256), 'a,b', '"open'])(
  'the key %j is refused and nothing is done',
  async (key) => {
    const tenant = await api.tenant();
    // fetch sends Latin-1 only, so what is beyond it travels as bytes.
    const header = Buffer.from(key, 'utf8').toString('latin1');
    const response = await create(tenant, header);
    expect(response.status).toBe(400);
    expect(errorOf(response).detail).toContain('Idempotency-Key');
    expect(await sources(tenant)).toBe(0);
  },
);

describe('over tRPC', () => {
  const ask = async (tenant: TestTenant, procedure: string, input: object, key: string) => {
    const call = overTrpc(procedure, { ...input });
    return api.request(call.method, call.path, {
      key: tenant.key,
      body: call.body,
      headers: { 'idempotency-key': key },
    });
  };

  const definitions = appRouter._def.procedures as unknown as Record<
    string,
    { readonly _def: { readonly meta?: Meta } }
  >;
  const creating = Object.keys(definitions).filter((name) =>
    isOnceOnly(definitions[name]?._def.meta),
  );

  test.each(creating)('%s is done once', async (procedure) => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const client = api.client(tenant);
    const made = await client.apiKeys.create.mutate({ orgId, name: 'x' });
    const group = await client.groups.create.mutate({ orgId, name: 'x' });
    const member = await client.members.invite.mutate({
      orgId,
      email: `${randomUUID()}@x.example`,
    });
    const webhook = await client.webhooks.create.mutate({ orgId, url: 'https://x.example/' });
    const delivery = await client.webhooks.test.mutate({ orgId, id: webhook.id });
    const dataSourceId = (await client.dataSources.create.mutate({ orgId, ...postgres })).id;
    await storeTable(database, dataSourceId, matrixDefinition);
    const input = inputOf(procedure, {
      ...belongingsNamed('one_none'),
      orgId,
      apiKeyId: made.id,
      groupId: group.id,
      memberId: member.id,
      webhookId: webhook.id,
      deliveryId: delivery.id,
      dataSourceId,
    });
    const key = randomUUID();
    const first = await ask(tenant, procedure, input, key);
    const second = await ask(tenant, procedure, input, key);
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test('a batch with a key is refused: two equal calls would become one', async () => {
    const { key, orgId } = await api.tenant();
    const response = await api.request('POST', '/trpc/apiKeys.create,apiKeys.create?batch=1', {
      key,
      body: { 0: { orgId, name: 'a' }, 1: { orgId, name: 'a' } },
      headers: { 'idempotency-key': 'batch' },
    });
    expect(response.status).toBe(400);
    expect(JSON.stringify(response.body)).toContain('Idempotency-Key: Is not taken with a batch');
    expect(await countRows(database, 'api_key', orgId)).toBe(1);
  });

  test('what is shown once is stored sealed: the database alone does not give it away', async () => {
    const tenant = await api.tenant();
    const key = 'only-the-caller-knows';
    const response = await ask(tenant, 'apiKeys.create', { orgId: tenant.orgId, name: 'y' }, key);
    const shown = z
      .object({ result: z.object({ data: z.object({ key: z.string() }) }) })
      .parse(response.body).result.data.key;
    const { rows } = await database.pool.query<{ answer: Buffer; text: string }>(
      'select answer, idempotency_key::text as text from idempotency_key',
    );
    for (const { answer, text } of rows) {
      expect(answer.toString('latin1')).not.toContain(shown.slice(7));
      expect(text).not.toContain(key);
    }
  });
});

describe('the worker', () => {
  const installation = useInstallation(database);
  test('removes what is no longer recognised, and nothing else', async () => {
    await database.pool.query('delete from idempotency_key');
    const tenant = await api.tenant();
    await create(tenant, 'old-1');
    await create(tenant, 'old-2', { ...postgres, displayName: 'Two' });
    await database.pool.query(
      `update idempotency_key set expires_at = now() - interval '1 second'`,
    );
    await create(tenant, 'young', { ...postgres, displayName: 'Three' });
    const { em } = installation.api;
    const orm = { em };
    expect(await deleteOldAnswers({ orm } as never, 1)).toBe(1);
    expect(await deleteOldAnswers({ orm } as never, 10)).toBe(1);
    const { rows } = await database.pool.query('select from idempotency_key');
    expect(rows).toHaveLength(1);
  });
});
