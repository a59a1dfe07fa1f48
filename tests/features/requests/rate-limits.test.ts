import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { networkOf } from '../../../server/identity/network.ts';
import { generateBearerKey } from '../../../server/identity/key-format.ts';
import { dataOf, errorOf, useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { setPassword } from '../../support/people/set-password.ts';

const database = useDatabase();
const api = useApi(database, { perMinute: { FREE: 5, PRO: 8, ENTERPRISE: 12, ADDRESS: 6 } });
const path = '/api/public/organizations';

/** How many of `tries` requests pass. */
async function passing(key: string, tries = 20): Promise<number> {
  let passed = 0;
  for (let n = 0; n < tries; n += 1) {
    const { status } = await api.request('GET', path, { key });
    if (status === 200) passed += 1;
  }
  return passed;
}

describe('the limit of a key', () => {
  test.each([
    ['FREE', 5],
    ['PRO', 8],
    ['ENTERPRISE', 12],
  ])('is that of the plan of its organization: %s', async (plan, limit) => {
    const { key, orgId } = await api.tenant();
    await database.pool.query('update organization set plan = $1 where id = $2', [plan, orgId]);
    expect(await passing(key)).toBe(limit);
  });

  test('once reached is told with the milliseconds until the window resets', async () => {
    const { key } = await api.tenant();
    await passing(key, 5);
    const response = await api.request('GET', path, { key });
    const { error } = z
      .object({ error: z.object({ retryAfterMs: z.int().min(1).max(60_000) }) })
      .parse(response.body);
    const seconds = Math.ceil(error.retryAfterMs / 1_000);
    expect(errorOf(response)).toEqual({
      status: 429,
      title: 'RateLimitExceeded',
      detail: `You have exceeded your rate limit. Try again in ${seconds} seconds.`,
    });
    expect(response.headers.get('retry-after')).toBe(String(seconds));
    expect(response.headers.get('ratelimit')).toBe(`"key";r=0;t=${seconds}`);
    expect(response.headers.get('ratelimit-policy')).toBe('"key";q=5;w=60');
  });

  test.each([
    [
      '/api/v1/data-sources',
      { error: { code: 'RATE_LIMITED', details: { retry_after_ms: expect.any(Number) } } },
    ],
    ['/api/v1/organizations', { success: false, error: { code: 'RATE_LIMITED' } }],
    ['/api/data-sources', { error: 'Rate limit exceeded', retryAfter: expect.any(Number) }],
    [
      '/api/organizations',
      {
        error: 'Rate limit exceeded',
        message: expect.stringMatching(
          /^You have exceeded your rate limit\. Try again in \d+ seconds\.$/,
        ),
      },
    ],
    [
      '/trpc/organizations.list?input=%7B%7D',
      { error: { data: { errorCode: 'RATE_LIMITED', httpStatus: 429 } } },
    ],
  ])('is counted once per request and told in its words on %s', async (path, shape) => {
    const { key } = await api.tenant();
    for (let left = 4; left >= 0; left -= 1) {
      const { status, headers } = await api.request('GET', path, { key });
      expect([status, headers.get('ratelimit')]).toEqual([
        200,
        expect.stringContaining(`;r=${left};`),
      ]);
    }
    const refused = await api.request('GET', path, { key });
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject(shape);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('of a user holds over all of its sessions, also where its organization is not told', async () => {
    const tenant = await api.tenant();
    await api.client(tenant).organizations.create.mutate({ name: 'Second' });
    const password = 'correct horse battery';
    const email = await setPassword(database, tenant, password);
    const statuses: number[] = [];
    for (let session = 0; session < 2; session += 1) {
      const body = { email, password };
      const signedIn = await api.request('POST', '/api/v1/auth/login', { body });
      const { access_token: token } = dataOf(signedIn, z.object({ access_token: z.string() }));
      for (let n = 0; n < 3; n += 1) {
        const response = await api.request('GET', '/api/v1/data-sources', { key: token });
        statuses.push(response.status);
        expect(response.headers.get('ratelimit-policy')).toBe('"user";q=5;w=60');
      }
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
  });

  test('counts refused requests too: a wrong input is a request', async () => {
    const { key } = await api.tenant();
    for (let n = 0; n < 5; n += 1) {
      const wrong = await api.request('GET', `${path}?limit=0`, { key });
      expect(wrong.status).toBe(400);
      expect(wrong.headers.get('ratelimit')).toMatch(new RegExp(`^"key";r=${4 - n};t=\\d+$`));
    }
    expect((await api.request('GET', `${path}?limit=0`, { key })).status).toBe(429);
  });

  test('is whole again when the window is over', async () => {
    const { key, orgId } = await api.tenant();
    expect(await passing(key, 8)).toBe(5);
    await database.pool.query(
      `update rate_limit set window_ends_at = now() + interval '300 milliseconds'
        where key = 'key:' || (select id from api_key where organization_id = $1)`,
      [orgId],
    );
    await expect
      .poll(async () => (await api.request('GET', path, { key })).status, { timeout: 10_000 })
      .toBe(200);
    expect(await passing(key, 8)).toBe(4);
  });
});

describe('who comes without a good credential', () => {
  test('is limited by address, and does not hold up those with a good one', async () => {
    await database.pool.query(`delete from rate_limit where key like 'address:%'`);
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const key = n % 2 ? { key: generateBearerKey() } : {};
      const response = await api.request('GET', path, key);
      statuses.push(response.status);
      expect(response.headers.get('ratelimit-policy')).toBe('"address";q=6;w=60');
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429, 429, 429]);
    const { key } = await api.tenant();
    expect((await api.request('GET', path, { key })).status).toBe(200);
  });

  test('gets no other address by claiming one', async () => {
    const response = await api.request('GET', path, {
      headers: { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' },
    });
    expect(response.status).toBe(429);
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:0:0:ffff::', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0'],
  [null, 'unknown'],
  ['not an address', 'unknown'],
])('%s is in the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
