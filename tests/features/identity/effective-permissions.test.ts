import { expect, test } from 'vitest';
import { z } from 'zod';
import { permissions } from '../../../server/identity/permissions.ts';
import { dataOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
const api = useApi(database);

const membersRead = permissions.filter((name) =>
  /^(organizations|members|groups|projects|data-sources):read$/.test(name),
);

const Shown = z.array(z.object({ id: z.string(), permissions: z.array(z.string()) }));

/** What `/auth/me` shows of each organization, over RPC and over v1, which must agree. */
async function permissionsOf(tenant: Pick<TestTenant, 'key'>): Promise<Record<string, unknown>> {
  const { organizations } = await api.client(tenant).auth.me.query({});
  const overRest = await api.request('GET', '/api/v1/auth/me', { key: tenant.key });
  const told = dataOf(overRest, z.object({ organizations: Shown })).organizations;
  const byId = (shown: z.infer<typeof Shown>) =>
    Object.fromEntries(shown.map((shownOne) => [shownOne.id, shownOne.permissions]));
  expect(byId(told)).toEqual(byId(organizations));
  return byId(told);
}

test('me shows what role and scopes allow together, for each organization by itself', async () => {
  const home = await api.tenant('Home');
  const guest = await api.member(home, 'MEMBER');
  const client = api.client(guest);
  const own = await client.organizations.create.mutate({ name: 'Own' });
  expect(await permissionsOf(guest)).toEqual({ [own.id]: permissions, [home.orgId]: membersRead });

  const scopes = ['data-sources:read', 'audit:read'] as const;
  const narrow = await client.apiKeys.create.mutate({
    orgId: own.id,
    name: 'narrow',
    scopes: [...scopes],
  });
  expect(await permissionsOf(narrow)).toEqual({
    [own.id]: scopes,
    [home.orgId]: ['data-sources:read'],
  });
});

test("the list of keys shows what each may do there, by its scopes and its user's role now", async () => {
  const home = await api.tenant('Home');
  const { orgId } = home;
  const other = await api.member(home, 'ADMIN');
  const make = (by: TestTenant, name: string, more = {}) =>
    api.client(by).apiKeys.create.mutate({ orgId, name, ...more });
  const scopes = ['audit:read', 'data-sources:read'] as const;
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  await make(home, 'all');
  await make(home, 'narrow', { scopes });
  await make(home, 'expired', { expiresAt });
  await make(other, 'demoted', { scopes });
  const off = await make(home, 'off');
  await api.client(home).apiKeys.deactivate.mutate({ orgId, id: off.id });
  await database.pool.query(
    `update api_key set expires_at = now() - '1 s'::interval where name = 'expired'`,
  );
  const setMembership = (change: string) =>
    database.pool.query(`update membership set ${change} where user_id = $1`, [other.userId]);
  await setMembership(`role = 'MEMBER'`);

  const listed = async () => {
    const { items } = await api.client(home).apiKeys.list.query({ orgId });
    const path = `/api/v1/api-keys?organization_id=${orgId}`;
    const told = dataOf(await api.request('GET', path, { key: home.key }), Shown);
    expect(told).toEqual(items.map(({ id, permissions: held }) => ({ id, permissions: held })));
    return Object.fromEntries(items.map(({ name, permissions: held }) => [name, held]));
  };
  expect(await listed()).toMatchObject({
    all: permissions,
    narrow: ['data-sources:read', 'audit:read'],
    demoted: ['data-sources:read'],
    expired: [],
    off: [],
  });
  await setMembership('deactivated_at = now()');
  expect(await listed()).toMatchObject({ demoted: [] });
});

test('rotation hands over no key that the caller could not have made', async () => {
  const home = await api.tenant('Home');
  const { orgId } = home;
  const other = await api.member(home, 'ADMIN');
  const admin = api.client(home).apiKeys;
  const all = await admin.create.mutate({ orgId, name: 'all' });
  const pair = await admin.create.mutate({ orgId, name: 'machine', kind: 'pair' });
  const narrow = await admin.create.mutate({ orgId, name: 'narrow', scopes: ['api-keys:write'] });
  const byNarrow = api.client(narrow).apiKeys;
  for (const id of [all.id, pair.id]) {
    await expect(byNarrow.rotate.mutate({ orgId, id })).rejects.toThrow();
  }
  expect((await byNarrow.rotate.mutate({ orgId, id: narrow.id })).id).toBe(narrow.id);

  // It acts wherever its user is a member, which is none of the other admin's business.
  const byOther = api.client(other).apiKeys;
  await expect(byOther.rotate.mutate({ orgId, id: all.id })).rejects.toThrow('Only its own user');
  expect((await byOther.rotate.mutate({ orgId, id: pair.id })).id).toBe(pair.id);
  expect((await api.client(all).auth.me.query({})).user.id).toBe(home.userId);
});
