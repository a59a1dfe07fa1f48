import { expect, test } from 'vitest';
import { pino } from 'pino';
import { createKeyUsage } from '../../../server/identity/key-usage.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createOrm } from '../../../shared/db/orm.ts';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
const api = useApi(database);

test('the usage of a key is told per day and route, with what was counted a moment ago', async () => {
  const tenant = await api.tenant();
  const client = api.client(tenant);
  const [key] = (await client.apiKeys.list.query({ orgId: tenant.orgId })).items;
  const id = key?.id ?? '';
  expect(key?.lastUsedAt).toBeNull();
  for (let n = 0; n < 3; n += 1) {
    await api.request('GET', `/api/public/organizations/${tenant.orgId}`, tenant);
  }
  await database.pool.query(
    `insert into api_key_usage select $1, (now() at time zone 'UTC')::date - n, 'GET /old', n
     from unnest(array[29, 30]) as n`,
    [id],
  );
  const { usage, totalCount, lastUsedAt } = await client.apiKeys.usage.query({
    orgId: tenant.orgId,
    id,
  });
  expect(usage.map(({ route, count }) => [route, count])).toEqual([
    ['/trpc/apiKeys.list', 1],
    ['/trpc/apiKeys.usage', 1],
    ['GET /api/public/organizations/{id}', 3],
    ['GET /old', 29],
  ]);
  expect(totalCount).toBe(34);
  expect(Date.now() - Date.parse(lastUsedAt ?? '')).toBeLessThan(60_000);
  const all = await client.apiKeys.usage.query({ orgId: tenant.orgId, id, days: 90 });
  expect(all.usage.filter(({ route }) => route === 'GET /old')).toHaveLength(2);
});

test('requests write nothing: only what was asked for is read', async () => {
  const { key, orgId } = await api.tenant();
  await api.request('GET', '/api/public/organizations', { key });
  const { rows } = await database.pool.query(
    'select u.* from api_key_usage u join api_key k on k.id = u.api_key_id where k.organization_id = $1',
    [orgId],
  );
  expect(rows).toEqual([]);
});

test('a database that is away costs no count, and a key that is gone costs no other', async () => {
  const tenant = await api.tenant();
  const { rows } = await database.pool.query<{ id: string }>(
    'select id from api_key where organization_id = $1',
    [tenant.orgId],
  );
  const id = rows[0]?.id ?? '';
  const orm = createOrm({ databaseUrl: database.url, poolSize: 1 });
  const usage = createKeyUsage(orm, systemClock, pino({ level: 'silent' }));
  try {
    for (let n = 0; n < 5; n += 1) usage.count(id, 'GET /x');
    usage.count('key_gone', 'GET /x');
    await database.pool.query('alter table api_key_usage rename to elsewhere');
    await expect(usage.flush()).rejects.toThrow('api_key_usage');
    usage.count(id, 'GET /x');
  } finally {
    await database.pool.query('alter table elsewhere rename to api_key_usage');
    await usage.close();
    await orm.close(true);
  }
  const counted = await database.pool.query(
    `select api_key_id, count::int from api_key_usage where route = 'GET /x'`,
  );
  expect(counted.rows).toEqual([{ api_key_id: id, count: 6 }]);
});
