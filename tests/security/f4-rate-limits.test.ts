import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../support/processes/processes.ts';

// F4 of the security programme: limits are exact over all processes, and told alike everywhere.

const limit = 100;
const concurrent = 1_000;

const database = useDatabase();
/** Only to make tenants: what is tested are processes of their own. */
const maker = useApi(database);
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
const processes: RunningApi[] = [];

beforeAll(async () => {
  keys = await makeKeyFolder();
  await maker.tenant();
  await database.pool.query('delete from sealing_key');
  const env = { RATE_LIMIT_FREE: String(limit), RATE_LIMIT_PRO: '1000' };
  const options = { databaseUrl: database.url, keys, env, logLevel: 'warn' };
  processes.push(...(await Promise.all([runApi(options), runApi(options)])));
});
afterAll(async () => {
  await Promise.all(processes.map((api) => api.end()));
  await keys.remove();
});

interface Seen {
  readonly status: number;
  readonly policy: string | null;
  readonly remaining: number;
  readonly resetsInSeconds: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

async function ask(url: string, { key }: Pick<TestTenant, 'key'>, path: string): Promise<Seen> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}${path}`, { headers });
  const [, remaining, resets] =
    /^"key";r=(\d+);t=(\d+)$/.exec(response.headers.get('ratelimit') ?? '') ?? [];
  return {
    status: response.status,
    policy: response.headers.get('ratelimit-policy'),
    remaining: Number(remaining),
    resetsInSeconds: Number(resets),
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  };
}

const rest = '/api/public/organizations';
const trpc = '/trpc/organizations.list?input=%7B%7D';

const urlOf = (n: number): string => processes[n % processes.length]?.url ?? '';

const passed = (seen: readonly Seen[]): number =>
  seen.filter(({ status }) => status === 200).length;

describe('1,000 requests at once, limit 100, two processes', () => {
  test('exactly 100 pass, and every answer says where its caller stands', async () => {
    const tenant = await maker.tenant();
    const seen = await Promise.all(
      Array.from({ length: concurrent }, (_, n) => ask(urlOf(n), tenant, n % 3 ? rest : trpc)),
    );
    expect(passed(seen)).toBe(limit);
    for (const { status, policy, remaining, resetsInSeconds, retryAfter } of seen) {
      expect([200, 429]).toContain(status);
      expect(policy).toBe(`"key";q=${limit};w=60`);
      expect(remaining).toBeLessThan(limit);
      expect(resetsInSeconds).toBeGreaterThan(0);
      expect(resetsInSeconds).toBeLessThanOrEqual(60);
      if (status === 429)
        expect({ remaining, retryAfter }).toEqual({
          remaining: 0,
          retryAfter: String(resetsInSeconds),
        });
      else expect(retryAfter).toBeNull();
    }
  });

  test('the calls of a batch count one by one', async () => {
    const tenant = await maker.tenant();
    const names = Array.from({ length: 10 }, () => 'organizations.list').join(',');
    const inputs = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n, {}]));
    const batch = `/trpc/${names}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask(urlOf(n), tenant, batch)),
    );
    const calls = seen.flatMap(({ body }) => body as ({ result: unknown } | { error: unknown })[]);
    expect(calls).toHaveLength(200);
    expect(calls.filter((call) => 'result' in call)).toHaveLength(limit);
  });

  test('another key of the same user has a limit of its own', async () => {
    const tenant = await maker.tenant();
    const { key } = await maker
      .client(tenant)
      .apiKeys.create.mutate({ orgId: tenant.orgId, name: 'second' });
    const flood = (given: string) =>
      Promise.all(Array.from({ length: 150 }, (_, n) => ask(urlOf(n), { key: given }, rest)));
    const totals = [0, 0];
    // Making the second was a request of the first, to a third process, which then holds some of
    // what is left and gives it back when it is asked to.
    const wanted = [limit - 1, limit];
    await expect
      .poll(
        async () => {
          const [first, second] = await Promise.all([flood(tenant.key), flood(key)]);
          totals[0] = (totals[0] ?? 0) + passed(first);
          totals[1] = (totals[1] ?? 0) + passed(second);
          return totals;
        },
        { timeout: 15_000, interval: 500 },
      )
      .toEqual(wanted);
    expect([passed(await flood(tenant.key)), passed(await flood(key))]).toEqual([0, 0]);
  });
});

test('what one process holds and does not use comes back to the other', async () => {
  const tenant = await maker.tenant();
  const idle = await ask(urlOf(0), tenant, rest);
  expect(idle).toMatchObject({ status: 200, remaining: limit - 1 });
  let total = 1;
  for (const startedAt = performance.now(); performance.now() - startedAt < 20_000;) {
    const { status } = await ask(urlOf(1), tenant, rest);
    if (status === 200) total += 1;
    else if (total === limit) break;
    else await delay(100);
  }
  expect(total).toBe(limit);
  expect((await ask(urlOf(1), tenant, rest)).status).toBe(429);
  await expect.poll(async () => (await ask(urlOf(0), tenant, rest)).status).toBe(429);
});

test('a caller far from its limit costs one write for many requests', async () => {
  const tenant = await maker.tenant();
  await database.pool.query(`update organization set plan = 'PRO' where id = $1`, [tenant.orgId]);
  for (let n = 0; n < 100; n += 1)
    expect(await ask(urlOf(0), tenant, rest)).toMatchObject({
      status: 200,
      policy: '"key";q=1000;w=60',
    });
  const { rows } = await database.pool.query<{ count: number }>(
    `select count from rate_limit where key = 'key:' || (select id from api_key where organization_id = $1)`,
    [tenant.orgId],
  );
  // One portion, an eighth of the limit: it was written once.
  expect(rows).toEqual([{ count: 125 }]);
});
