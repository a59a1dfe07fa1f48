import { beforeAll, describe, expect, test } from 'vitest';
import { useApi, errorOf, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf, dataSourcesOf, postgres } from '../fixtures.ts';
import { invite, joined } from '../identity/people.ts';

const database = useDatabase();
const api = useApi(database);

let tenant: TestTenant;
let person: Awaited<ReturnType<typeof joined>>;
let groupId: string;

beforeAll(async () => {
  tenant = await api.tenant();
  person = await joined(api, tenant);
  const group = { orgId: tenant.orgId, name: 'Analysts' };
  groupId = (await api.client(tenant).groups.create.mutate(group)).id;
});

const createSource = async () =>
  (await api.client(tenant).dataSources.create.mutate({ orgId: tenant.orgId, ...postgres })).id;

const put = (id: string, body: object) =>
  api.request('PUT', `${dataSourcesOf(tenant)}/${id}/access`, { key: tenant.key, body });

type Client = typeof person.client;

/** Everything that a member may ask about a data source, by name: what it is told, or refused. */
async function seenBy(client: Client, id: string): Promise<Record<string, string>> {
  const ref = { orgId: tenant.orgId, id };
  const asked = {
    get: client.dataSources.get.query(ref),
    syncs: client.dataSources.listSyncs.query(ref),
    tables: client.catalog.listTables.query(ref),
    health: client.health.get.query(ref),
    access: client.access.get.query(ref),
  };
  const told = Object.entries(asked).map(async ([name, answer]) => [
    name,
    await answer.then(
      () => 'answered',
      (error: unknown) => String(error),
    ),
  ]);
  const { items } = await client.dataSources.list.query({ orgId: tenant.orgId });
  const isListed = items.some((item) => item.id === id);
  return {
    ...(Object.fromEntries(await Promise.all(told)) as Record<string, string>),
    list: isListed ? 'answered' : 'TRPCClientError: Data source not found',
  };
}

const told = (answer: string) =>
  Object.fromEntries(
    ['get', 'syncs', 'tables', 'health', 'access', 'list'].map((name) => [name, answer]),
  );
const everything = told('answered');
const nothing = told('TRPCClientError: Data source not found');

describe('a policy', () => {
  test('is everyone until it is replaced, and is answered as it stands', async () => {
    const id = await createSource();
    const path = `${dataSourcesOf(tenant)}/${id}/access`;
    const open = { dataSourceId: id, mode: 'everyone', groupIds: [], memberIds: [] };
    expect((await api.request('GET', path, { key: tenant.key })).body).toEqual({ data: open });
    const wanted = { groupIds: [groupId], memberIds: [person.memberId] };
    const replaced = await put(id, { mode: 'restricted', ...wanted, orgId: undefined });
    expect(replaced.body).toEqual({ data: { dataSourceId: id, mode: 'restricted', ...wanted } });
    const again = await put(id, { mode: 'restricted', memberIds: Array(3).fill(person.memberId) });
    expect(again.body).toMatchObject({ data: { groupIds: [], memberIds: [person.memberId] } });
    expect((await put(id, { mode: 'everyone', ...wanted })).body).toEqual({ data: open });
    expect((await actionsOf(database, tenant.orgId)).slice(-3)).toEqual(
      Array(3).fill('data_source.access_changed'),
    );
  });

  test('is refused whole, naming what is wrong, and the one before stays', async () => {
    const id = await createSource();
    const elsewhere = await api.tenant();
    const foreign = await invite(api, elsewhere);
    const mode = 'restricted';
    const memberIds = [person.memberId];
    await put(id, { mode, memberIds });
    const refusals: [object, object][] = [
      [{}, { mode: 'Required' }],
      [{ mode: 'nobody' }, { mode: 'Must be one of everyone, restricted' }],
      [{ mode }, { groupIds: 'restricted needs a group or a member at least' }],
      [{ mode, groupIds: groupId }, { groupIds: 'Must be a list' }],
      [
        { mode, groupIds: [groupId, 'grp_unknown'] },
        { 'groupIds.1': 'Not a group of this organization' },
      ],
      [{ mode, memberIds: [foreign.id] }, { 'memberIds.0': 'Not a member of this organization' }],
      [{ mode: 'everyone', memberIds: ['mbr_x'] }, { 'memberIds.0': expect.any(String) }],
      [{ mode, memberIds, userIds: [] }, { userIds: 'Unknown field' }],
    ];
    for (const [body, fieldErrors] of refusals) {
      expect(errorOf(await put(id, body))).toMatchObject({ status: 400, fieldErrors });
    }
    const policy = await api.client(tenant).access.get.query({ orgId: tenant.orgId, id });
    expect(policy).toMatchObject({ mode, groupIds: [], memberIds });
  });
});

describe('a data source that a member may not use', () => {
  test('does not exist for it, anywhere, from the next request on', async () => {
    const id = await createSource();
    const other = await invite(api, tenant);
    expect(await seenBy(person.client, id)).toEqual(everything);
    await put(id, { mode: 'restricted', memberIds: [other.id] });
    expect(await seenBy(person.client, id)).toEqual(nothing);
    expect(await seenBy(person.client, 'ds_nothing')).toEqual(nothing);
    // For admins nothing changes.
    expect(await seenBy(api.client(tenant), id)).toEqual(everything);
    await put(id, { mode: 'restricted', memberIds: [person.memberId, other.id] });
    expect(await seenBy(person.client, id)).toEqual(everything);
    await put(id, { mode: 'everyone' });
    expect(await seenBy(person.client, id)).toEqual(everything);
  });

  test('comes and goes with its groups', async () => {
    const id = await createSource();
    const client = api.client(tenant).groups;
    const ref = { orgId: tenant.orgId, id: groupId };
    await put(id, { mode: 'restricted', groupIds: [groupId] });
    expect(await seenBy(person.client, id)).toEqual(nothing);
    await client.addMember.mutate({ ...ref, memberId: person.memberId });
    expect(await seenBy(person.client, id)).toEqual(everything);
    await client.removeMember.mutate({ ...ref, memberId: person.memberId });
    expect(await seenBy(person.client, id)).toEqual(nothing);
  });

  test('does not open to all when the group that it was restricted to is deleted', async () => {
    const id = await createSource();
    const { orgId } = tenant;
    const client = api.client(tenant).groups;
    const group = await client.create.mutate({ orgId, name: 'Short-lived' });
    await client.addMember.mutate({ orgId, id: group.id, memberId: person.memberId });
    await put(id, { mode: 'restricted', groupIds: [group.id] });
    expect(await seenBy(person.client, id)).toEqual(everything);
    await client.delete.mutate({ orgId, id: group.id });
    expect(await seenBy(person.client, id)).toEqual(nothing);
  });

  test.each(['bearer', 'pair'] as const)('does not exist for its %s keys either', async (kind) => {
    const [hidden, shown] = [await createSource(), await createSource()];
    const { orgId } = tenant;
    const admin = await joined(api, tenant, { role: 'ADMIN' });
    const { key, secret } = await admin.client.apiKeys.create.mutate({ orgId, name: kind, kind });
    const headers = secret
      ? { 'x-api-key': key, 'x-api-secret': secret }
      : { authorization: `Bearer ${key}` };
    const list = async (): Promise<string> => {
      const input = encodeURIComponent(JSON.stringify({ orgId }));
      const path = `/trpc/dataSources.list?input=${input}`;
      return JSON.stringify((await api.request('GET', path, { headers })).body);
    };
    await put(hidden, { mode: 'restricted', groupIds: [groupId] });
    expect(await list()).toContain(hidden);
    const role = { orgId, id: admin.memberId, role: 'MEMBER' } as const;
    await api.client(tenant).members.update.mutate(role);
    expect(await list()).not.toContain(hidden);
    expect(await list()).toContain(shown);
  });

  test('is one thing in one organization and another in the next', async () => {
    const id = await createSource();
    await put(id, { mode: 'restricted', groupIds: [groupId] });
    // An admin elsewhere is no admin here.
    const own = await person.client.organizations.create.mutate({ name: 'Own' });
    const source = await person.client.dataSources.create.mutate({ orgId: own.id, ...postgres });
    const closed = { orgId: own.id, id: source.id };
    const { items } = await person.client.members.list.query({ orgId: own.id });
    const memberIds = items.map((item) => item.id);
    await person.client.access.replace.mutate({ ...closed, mode: 'restricted', memberIds });
    expect(await seenBy(person.client, id)).toEqual(nothing);
    await expect(person.client.dataSources.get.query(closed)).resolves.toMatchObject({
      id: source.id,
    });
  });

  test('is out of reach of keys of the other environment, its SSH host key too', async () => {
    const id = await createSource();
    const { orgId } = tenant;
    const { key, secret } = await api
      .client(tenant)
      .apiKeys.create.mutate({ orgId, name: 'test', kind: 'pair', environment: 'test' });
    const path = `${dataSourcesOf(tenant)}/${id}/ssh-host-key`;
    const response = await api.request('POST', path, {
      headers: { 'x-api-key': key, 'x-api-secret': secret ?? '' },
      body: { fingerprint: `SHA256:${'A'.repeat(43)}` },
    });
    expect(errorOf(response)).toMatchObject({ status: 404, detail: 'Data source not found' });
  });

  test('is read, never written: writing is for admins', async () => {
    const id = await createSource();
    const ref = { orgId: tenant.orgId, id };
    const lacks = 'You lack the permission data-sources:write';
    const { access, dataSources } = person.client;
    await expect(dataSources.requestSync.mutate(ref)).rejects.toThrow(lacks);
    await expect(dataSources.update.mutate({ ...ref, displayName: 'x' })).rejects.toThrow(lacks);
    await expect(dataSources.delete.mutate(ref)).rejects.toThrow(lacks);
    await expect(access.replace.mutate({ ...ref, mode: 'everyone' })).rejects.toThrow(lacks);
  });
});
