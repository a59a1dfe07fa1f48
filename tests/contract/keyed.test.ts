import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { keyedSurface } from '../../server/rest/surfaces/keyed.ts';
import { AppError } from '../../shared/errors.ts';
import { postgres } from '../features/fixtures.ts';
import { useApi, type RequestOptions, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const api = useApi(database);

type Headers = Record<string, string>;
type Scopes = Parameters<ReturnType<typeof api.client>['apiKeys']['create']['mutate']>[0]['scopes'];

/** The two headers of a new pair of the tenant's. */
async function pairOf(
  tenant: TestTenant,
  scopes: Scopes = ['system:full-access'],
  environment: 'live' | 'test' = 'live',
): Promise<Headers> {
  const { key, secret = '' } = await api.client(tenant).apiKeys.create.mutate({
    orgId: tenant.orgId,
    name: 'pair',
    kind: 'pair',
    environment,
    scopes,
  });
  return { 'X-Api-Key': key, 'X-Api-Secret': secret };
}

const keyed = (method: string, path: string, headers: Headers, options: RequestOptions = {}) =>
  api.request(method, `/api${path}`, { headers, ...options });

const bodyOf = async (response: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await response;
  return [status, body];
};

const invalid = {
  error: 'Invalid credentials',
  message: 'The provided API key or secret is invalid',
};
const missing = {
  error: 'Missing authentication headers',
  message: 'Both X-Api-Key and X-Api-Secret headers are required',
};

describe('who calls', () => {
  test.each([{}, { 'X-Api-Key': `bsk_live_${'a'.repeat(32)}` }, { 'X-Api-Secret': 'x' }])(
    'with %j is told that both headers are required',
    async (headers) => {
      expect(await bodyOf(keyed('GET', '/data-sources', headers))).toEqual([401, missing]);
    },
  );

  test('with a wrong key or a wrong secret is told one and the same', async () => {
    const right = await pairOf(await api.tenant());
    const other = await pairOf(await api.tenant());
    for (const headers of [
      { ...right, 'X-Api-Key': `bsk_live_${'a'.repeat(32)}` },
      { ...right, 'X-Api-Key': 'no key at all' },
      { ...right, 'X-Api-Secret': String(other['X-Api-Secret']) },
      { ...right, 'X-Api-Secret': 'x' },
    ]) {
      expect(await bodyOf(keyed('GET', '/data-sources', headers))).toEqual([401, invalid]);
    }
  });

  test('with a key that was switched off is told the same', async () => {
    const tenant = await api.tenant();
    const headers = await pairOf(tenant);
    const client = api.client(tenant).apiKeys;
    const { items } = await client.list.query({ orgId: tenant.orgId, limit: 1 });
    await client.deactivate.mutate({ orgId: tenant.orgId, id: items[0]?.id ?? '' });
    expect(await bodyOf(keyed('GET', '/data-sources', headers))).toEqual([401, invalid]);
  });

  test('without the scope is told its name', async () => {
    const tenant = await api.tenant();
    const headers = await pairOf(tenant, ['organizations:read']);
    const lacks = (scope: string) => [
      403,
      {
        error: 'Insufficient permissions',
        message: `Your API key does not have the required scope: ${scope}`,
      },
    ];
    const create = keyed('POST', '/data-sources', headers, { body: postgres });
    expect(await bodyOf(keyed('GET', '/data-sources', headers))).toEqual(
      lacks('data-sources:read'),
    );
    expect(await bodyOf(create)).toEqual(lacks('data-sources:write'));
    expect((await keyed('GET', '/organizations', headers)).status).toBe(200);
    const another = await pairOf(tenant, ['data-sources:read']);
    expect(await bodyOf(keyed('GET', '/organizations', another))).toEqual(
      lacks('organizations:read'),
    );
  });

  test('may use any credential on any surface', async () => {
    const tenant = await api.tenant();
    const headers = await pairOf(tenant);
    for (const path of [
      '/api/organizations',
      '/api/v1/organizations',
      '/api/public/organizations',
    ]) {
      expect((await api.request('GET', path, { headers })).status, path).toBe(200);
      expect((await api.request('GET', path, { key: tenant.key })).status, path).toBe(200);
    }
  });
});

describe('a data source', () => {
  test('is created, read, changed and deleted as a bare object', async () => {
    const headers = await pairOf(await api.tenant());
    const created = await keyed('POST', '/data-sources', headers, { body: postgres });
    expect(created.status).toBe(201);
    const { id } = z.looseObject({ id: z.string() }).parse(created.body);
    expect(created.body).toMatchObject({ displayName: 'Shop', host: 'db.example.com' });
    const path = `/data-sources/${id}`;
    expect(await bodyOf(keyed('GET', path, headers))).toEqual([200, created.body]);
    const body = { displayName: 'Renamed' };
    expect(await bodyOf(keyed('PATCH', path, headers, { body }))).toEqual([
      200,
      { ...(created.body as object), ...body, updatedAt: expect.any(String) },
    ]);
    expect(await bodyOf(keyed('GET', `${path}/tables`, headers))).toEqual([
      200,
      { tables: [], pagination: { page: 1, pageSize: 50, totalCount: 0, totalPages: 0 } },
    ]);
    expect(await bodyOf(keyed('DELETE', path, headers))).toEqual([200, { id, deleted: true }]);
    expect(await bodyOf(keyed('GET', path, headers))).toEqual([
      404,
      { error: 'Not found', message: 'Data source not found' },
    ]);
  });

  test('that is live does not exist for a test key, and the other way round', async () => {
    const tenant = await api.tenant();
    const [live, trial] = [await pairOf(tenant), await pairOf(tenant, undefined, 'test')];
    const made = await keyed('POST', '/data-sources', live, { body: postgres });
    const { id } = z.looseObject({ id: z.string() }).parse(made.body);
    expect((await keyed('GET', `/data-sources/${id}`, trial)).status).toBe(404);
    expect((await keyed('GET', '/data-sources', trial)).body).toMatchObject({
      dataSources: [],
      pagination: { totalCount: 0 },
    });
  });
});

describe('a list', () => {
  const List = z.strictObject({
    dataSources: z.array(z.looseObject({ id: z.string() })),
    pagination: z.strictObject({
      page: z.number(),
      pageSize: z.number(),
      totalCount: z.number(),
      totalPages: z.number(),
    }),
  });

  test('is read page by page, newest first, and counts all of it, behind the last page too', async () => {
    const headers = await pairOf(await api.tenant());
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const { body } = await keyed('POST', '/data-sources', headers, { body: postgres });
      ids.unshift(z.looseObject({ id: z.string() }).parse(body).id);
    }
    const page = async (query: string) =>
      List.parse((await keyed('GET', `/data-sources${query}`, headers)).body);
    const shown = async (query: string) => {
      const { dataSources, pagination } = await page(query);
      return { ids: dataSources.map(({ id }) => id), ...pagination };
    };
    const two = { pageSize: 2, totalCount: 5, totalPages: 3 };
    expect(await shown('?pageSize=2')).toEqual({ ids: ids.slice(0, 2), page: 1, ...two });
    expect(await shown('?page=2&pageSize=2')).toEqual({ ids: ids.slice(2, 4), page: 2, ...two });
    expect(await shown('?page=3&pageSize=2')).toEqual({ ids: ids.slice(4), page: 3, ...two });
    expect(await shown('?page=4&pageSize=2')).toEqual({ ids: [], page: 4, ...two });
    expect((await page('')).pagination).toEqual({
      page: 1,
      pageSize: 50,
      totalCount: 5,
      totalPages: 1,
    });
  });

  test.each([
    ['?page=0', 'page: Must be at least 1'],
    ['?page=x', 'page: Must be a number'],
    ['?page=1.5', 'page: Must be a whole number'],
    ['?page=1&page=2', 'page: Given more than once'],
    ['?pageSize=101', 'pageSize: Must be at most 100'],
    ['?limit=5', 'limit: Unknown field'],
    ['?cursor=ds_x', 'cursor: Unknown field'],
    ['?page_size=5', 'page_size: Unknown field'],
  ])('refuses %s', async (query, message) => {
    const headers = await pairOf(await api.tenant());
    expect(await bodyOf(keyed('GET', `/data-sources${query}`, headers))).toEqual([
      400,
      { error: 'Validation failed', message },
    ]);
  });

  test('of organizations shows a pair its own one alone', async () => {
    const tenant = await api.tenant();
    await api.client(tenant).organizations.create.mutate({ name: 'Another' });
    const headers = await pairOf(tenant);
    expect((await keyed('GET', '/organizations', headers)).body).toMatchObject({
      organizations: [{ id: tenant.orgId }],
      pagination: { totalCount: 1 },
    });
    for (const path of ['/api/v1/organizations', '/api/public/organizations']) {
      const { body } = await api.request('GET', path, { headers });
      expect(body).toMatchObject({ data: [{ id: tenant.orgId }] });
    }
  });
});

test('a limit that is exceeded is told in whole seconds, in the words of the contract', () => {
  const error = new AppError('RATE_LIMITED', 'Too many', { retryAfterMs: 59_001 });
  expect(keyedSurface.error(error, 'req_1')).toEqual({
    status: 429,
    body: {
      error: 'Rate limit exceeded',
      message: 'You have exceeded your rate limit. Try again in 60 seconds.',
      retryAfter: 60,
    },
  });
});

test('the prefix takes nothing from the surfaces below it', async () => {
  const shapes = await Promise.all(
    ['/api/public/nothing', '/api/v1/nothing', '/api/nothing', '/api'].map(async (path) =>
      Object.keys((await api.request('GET', path)).body as object),
    ),
  );
  expect(shapes).toEqual([
    ['error'],
    ['success', 'data', 'meta', 'error'],
    ['error', 'message'],
    ['error', 'message'],
  ]);
  expect((await api.request('GET', '/api/healthz')).body).toMatchObject({ status: 'ok' });
});
