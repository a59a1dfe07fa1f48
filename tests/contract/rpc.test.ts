import { beforeAll, describe, expect, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const api = useApi(database);

let tenant: TestTenant;
beforeAll(async () => {
  tenant = await api.tenant();
});

const nobody = 'org_01jd5w9c3zf8r8kq4j0mpx2v7e';
const path = (name: string, parameters: Record<string, string>): string =>
  `/trpc/${name}?${new URLSearchParams(parameters).toString()}`;
const single = (name: string, input: unknown): string =>
  path(name, { input: JSON.stringify(input) });
const batchOfOne = (name: string, input: unknown): string =>
  path(name, { batch: '1', input: JSON.stringify({ 0: input }) });

const queries: Record<string, () => string> = {
  'a list': () => single('dataSources.list', { orgId: tenant.orgId }),
  'a batch of one': () => batchOfOne('dataSources.list', { orgId: tenant.orgId, limit: 1 }),
  'no input where none is needed': () => path('auth.me', {}),
  'an empty input': () => path('auth.me', { input: '' }),
  'no input where one is needed': () => path('dataSources.list', {}),
  'an input of null': () => single('dataSources.list', null),
  'an input that is a list': () => single('dataSources.list', [1]),
  'an input that is no JSON': () => path('dataSources.list', { input: '{' }),
  'a field of the wrong type': () =>
    single('dataSources.list', { orgId: tenant.orgId, limit: 'x' }),
  'the same in a batch': () => batchOfOne('dataSources.list', { orgId: 7 }),
  'a batch whose input is a list': () => path('dataSources.list', { batch: '1', input: '[{}]' }),
  'a batch without input': () => path('auth.me', { batch: '1' }),
  'a batch whose input is somewhere else': () =>
    path('dataSources.list', { batch: '1', input: '{"1":{}}' }),
  'a foreign organization': () => single('dataSources.list', { orgId: nobody }),
  'the same in a batch of one': () => batchOfOne('dataSources.get', { orgId: nobody, id: 'x' }),
  'a batch of two': () =>
    path('auth.me,dataSources.list', {
      batch: '1',
      input: JSON.stringify({ 1: { orgId: nobody } }),
    }),
  'a mutation': () => single('organizations.create', { name: 'By GET' }),
  'a procedure that does not exist': () => single('dataSources.nothing', {}),
  'a name of every object': () => path('constructor', {}),
  'no procedure': () => '/trpc/',
};

/** An answer, without what differs from one request to the next. */
async function answer(url: string, headers: Record<string, string>) {
  const response = await fetch(`${api.url}${url}`, { headers });
  const body = (await response.text()).replaceAll(/req_[0-9a-f-]+/g, 'req');
  const told = ['content-type', 'vary', 'allow', 'retry-after', 'ratelimit-policy', 'etag'];
  return {
    status: response.status,
    headers: told.map((name) => `${name}: ${response.headers.get(name)}`),
    body: JSON.parse(body) as unknown,
  };
}

describe('a query is answered as by the adapter of tRPC', () => {
  // A parameter that the protocol does not have: tRPC takes no notice, and our short way is not taken.
  const overTrpc = (url: string): string => `${url}${url.includes('?') ? '&' : '?'}unknown=1`;

  test.each(Object.keys(queries))('%s', async (name) => {
    const url = queries[name]?.() ?? '';
    for (const authorization of [`Bearer ${tenant.key}`, 'Bearer bd_key_wrong', '']) {
      const headers = authorization === '' ? {} : { authorization };
      expect(await answer(url, headers)).toEqual(await answer(overTrpc(url), headers));
    }
  });

  test('the short way is taken: its answers say their length', async () => {
    const headers = { authorization: `Bearer ${tenant.key}` };
    const url = `${api.url}${queries['a list']?.() ?? ''}`;
    const short = await fetch(url, { headers });
    expect(Number(short.headers.get('content-length'))).toBe((await short.text()).length);
    const long = await fetch(overTrpc(url), { headers });
    expect(long.headers.get('content-length')).toBeNull();
  });
});
