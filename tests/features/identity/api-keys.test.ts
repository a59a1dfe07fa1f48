import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { TRPCClientError } from '@trpc/client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { permissions } from '../../../server/identity/permissions.ts';
import { errorOf, useApi, type TestApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { countRows } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);
const replica = useApi(database, { vaultKeys: api.vaultKeys });

afterEach(() => {
  vi.useRealTimers();
});

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The checksum of the contract, written down a second time. */
function checksumOf(random: string): string {
  let digits = '';
  for (let rest = BigInt(crc32(random)); digits.length < 6; rest /= 62n) {
    digits = base62.charAt(Number(rest % 62n)) + digits;
  }
  return digits;
}

const use = ({ key }: Pick<TestTenant, 'key'>, through: TestApi = api) =>
  through.request('GET', '/api/public/organizations', { key });

describe('a new key', () => {
  test('is bd_key_ and 32 characters of which the last six are the checksum', async () => {
    const tenant = await api.tenant();
    const { key } = await api.client(tenant).apiKeys.create.mutate({
      orgId: tenant.orgId,
      name: 'CI',
    });
    expect(key).toMatch(/^bd_key_[0-9A-Za-z]{32}$/);
    expect(key.slice(33)).toBe(checksumOf(key.slice(7, 33)));
    expect((await use({ key })).status).toBe(200);
  });

  test('is shown once: no list repeats it and the database has only its hash', async () => {
    const tenant = await api.tenant();
    const client = api.client(tenant);
    const { key, ...created } = await client.apiKeys.create.mutate({
      orgId: tenant.orgId,
      name: 'Shown once',
    });
    const { items } = await client.apiKeys.list.query({ orgId: tenant.orgId });
    expect(items[0]).toEqual({ ...created, permissions });
    expect(created.hint).toBe(key.slice(0, 11));
    expect(JSON.stringify(items)).not.toContain(key.slice(11));
    const { rows } = await database.pool.query<{ hash: Buffer; row: string }>(
      'select hash, api_key::text as row from api_key where id = $1',
      [created.id],
    );
    expect(rows[0]?.hash).toEqual(createHash('sha256').update(key).digest());
    expect(rows[0]?.row).not.toContain(key.slice(11));
    expect(api.logs.join('')).not.toContain(key.slice(11));
  });

  test('acts as the user who made it, with all of its memberships', async () => {
    const tenant = await api.tenant();
    const client = api.client(tenant);
    const second = await client.organizations.create.mutate({ name: 'Second' });
    const { key } = await client.apiKeys.create.mutate({ orgId: tenant.orgId, name: 'Both' });
    const list = await api.client({ key }).organizations.list.query({});
    expect(list.items.map(({ id }) => id)).toEqual([second.id, tenant.orgId]);
  });

  test('is refused when it would have expired already, and none is made', async () => {
    const tenant = await api.tenant();
    const before = await countRows(database, 'api_key', tenant.orgId);
    const made = api.client(tenant).apiKeys.create.mutate({
      orgId: tenant.orgId,
      name: 'Late',
      expiresAt: '2001-01-01T00:00:00Z',
    });
    await expect(made).rejects.toThrow('expiresAt: Must be in the future');
    expect(await countRows(database, 'api_key', tenant.orgId)).toBe(before);
  });
});

describe('the list of keys', () => {
  test('is newest first, has the deactivated ones and goes page by page', async () => {
    const tenant = await api.tenant();
    const { apiKeys } = api.client(tenant);
    const { orgId } = tenant;
    for (const name of ['a', 'b', 'c']) await apiKeys.create.mutate({ orgId, name });
    const whole = await apiKeys.list.query({ orgId });
    expect(whole.items.map(({ name }) => name)).toEqual(['c', 'b', 'a', 'test']);
    const [, second] = whole.items;
    await apiKeys.deactivate.mutate({ orgId, id: second?.id ?? '' });
    const first = await apiKeys.list.query({ orgId, limit: 2 });
    expect(first.items[1]).toMatchObject({ name: 'b', deactivatedAt: expect.any(String) });
    const rest = await apiKeys.list.query({
      orgId,
      limit: 2,
      cursor: first.pagination.nextCursor ?? '',
    });
    expect(rest.items.map(({ name }) => name)).toEqual(['a', 'test']);
    expect(rest.pagination).toEqual({ nextCursor: null, hasMore: false });
  });
});

describe('a key that is no longer good', () => {
  /** The key is in the memory of both processes when `end` is called. */
  async function warmed() {
    const tenant = await api.tenant();
    const { apiKeys } = api.client(tenant);
    const { key, id } = await apiKeys.create.mutate({ orgId: tenant.orgId, name: 'warm' });
    for (const process of [api, replica]) expect((await use({ key }, process)).status).toBe(200);
    return { apiKeys, key, ref: { orgId: tenant.orgId, id } };
  }
  const soon = { timeout: 1_000, interval: 10 };

  test('because it was deactivated is refused at once, and within a second by every replica', async () => {
    const { apiKeys, key, ref } = await warmed();
    const { deactivatedAt } = await apiKeys.deactivate.mutate(ref);
    expect(deactivatedAt).not.toBeNull();
    expect((await use({ key })).status).toBe(401);
    await expect.poll(async () => (await use({ key }, replica)).status, soon).toBe(401);
  });

  test('because it was deleted is refused at once, and within a second by every replica', async () => {
    const { apiKeys, key, ref } = await warmed();
    expect(await apiKeys.delete.mutate(ref)).toEqual({ id: ref.id, deleted: true });
    expect((await use({ key })).status).toBe(401);
    await expect.poll(async () => (await use({ key }, replica)).status, soon).toBe(401);
    await expect(apiKeys.delete.mutate(ref)).rejects.toThrow('API key not found');
  });

  test('because its time has come is refused although it is in memory', async () => {
    const tenant = await api.tenant();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const expiresAt = new Date(Date.now() + 20_000).toISOString();
    const { key } = await api.client(tenant).apiKeys.create.mutate({
      orgId: tenant.orgId,
      name: 'brief',
      expiresAt,
    });
    expect((await use({ key })).status).toBe(200);
    vi.setSystemTime(Date.now() + 19_000);
    expect((await use({ key })).status).toBe(200);
    vi.setSystemTime(Date.now() + 1_001);
    expect((await use({ key })).status).toBe(401);
  });

  test('because it ended itself answers that one call, and nothing after it', async () => {
    const { key, ref } = await warmed();
    const own = api.client({ key });
    expect(await own.apiKeys.deactivate.mutate(ref)).toMatchObject({ id: ref.id });
    expect((await use({ key })).status).toBe(401);
  });

  test('stays as it is when it is deactivated again', async () => {
    const { apiKeys, ref } = await warmed();
    const first = await apiKeys.deactivate.mutate(ref);
    expect(await apiKeys.deactivate.mutate(ref)).toEqual(first);
  });
});

describe('a wrong key', () => {
  const random = () => Array.from({ length: 26 }, () => base62[randomInt(62)]).join('');
  const unknown = () => {
    const characters = random();
    return `bd_key_${characters}${checksumOf(characters)}`;
  };

  test('of whatever kind is answered the same, on every route', async () => {
    const tenant = await api.tenant();
    const { apiKeys } = api.client(tenant);
    const { orgId } = tenant;
    const deactivated = await apiKeys.create.mutate({ orgId, name: 'deactivated' });
    await apiKeys.deactivate.mutate({ orgId, id: deactivated.id });
    const deleted = await apiKeys.create.mutate({ orgId, name: 'deleted' });
    await apiKeys.delete.mutate({ orgId, id: deleted.id });
    const typo = `${tenant.key.slice(0, -1)}${tenant.key.endsWith('0') ? '1' : '0'}`;
    const headers = [
      {},
      ...['Bearer', 'Bearer ', 'Basic YTpi', tenant.key, `Token ${tenant.key}`].map(authorization),
      ...['x', 'bd_key_', typo, `${tenant.key}0`, unknown(), deactivated.key, deleted.key]
        .map((key) => `Bearer ${key}`)
        .map(authorization),
    ];
    const paths = ['/organizations', `/organizations/${orgId}`, '/organizations/org_nobody'];
    const answers = new Set<string>();
    for (const path of paths) {
      for (const header of headers) {
        const response = await api.request('GET', `/api/public${path}`, { headers: header });
        const { ...error } = errorOf(response);
        answers.add(JSON.stringify([error, response.headers.get('www-authenticate')]));
      }
    }
    const error = { status: 401, title: 'Unauthorized', detail: 'Missing or invalid API key' };
    expect([...answers]).toEqual([JSON.stringify([error, 'Bearer'])]);
  });

  test('over RPC is UNAUTHORIZED with the same words', async () => {
    const error: unknown = await api
      .client({ key: unknown() })
      .organizations.list.query({})
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({
      message: 'Missing or invalid API key',
      data: { httpStatus: 401, errorCode: 'UNAUTHENTICATED' },
    });
  });

  test('is heard before anything about the body is', async () => {
    const response = await api.request('POST', '/api/public/organizations', { body: { no: 1 } });
    expect(response.status).toBe(401);
  });
});

const authorization = (value: string) => ({ authorization: value });
