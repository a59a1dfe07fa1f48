import { describe, expect, test } from 'vitest';
import { Group } from '../../../server/features/groups/contract.ts';
import { InvitedMember, Member } from '../../../server/membership/member.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf } from '../fixtures.ts';
import { anonymous, invite, joined, newAddress, password } from './people.ts';

const database = useDatabase();
const api = useApi(database);

const all = ({ orgId }: Pick<TestTenant, 'orgId'>) => `/api/public/organizations/${orgId}/groups`;

async function create(tenant: TestTenant, body: object = { name: 'Analysts' }) {
  const response = await api.request('POST', all(tenant), { key: tenant.key, body });
  expect(response.status).toBe(201);
  return dataOf(response, Group);
}

describe('a group', () => {
  test('is made, read, changed, listed and deleted', async () => {
    const tenant = await api.tenant();
    const { key } = tenant;
    const made = await create(tenant, { name: 'Analysts', customAiContext: 'They like charts.' });
    expect(made).toEqual({
      id: expect.stringMatching(/^grp_/),
      organizationId: tenant.orgId,
      projectId: null,
      name: 'Analysts',
      customAiContext: 'They like charts.',
      memberCount: 0,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    const path = `${all(tenant)}/${made.id}`;
    const changed = await api.request('PATCH', path, { key, body: { customAiContext: null } });
    expect(dataOf(changed, Group)).toMatchObject({ name: 'Analysts', customAiContext: null });
    expect((await api.request('GET', path, { key })).body).toEqual(changed.body);
    const second = await create(tenant, { name: 'Board' });
    const page = itemsOf(await api.request('GET', `${all(tenant)}?limit=1`, { key }), Group);
    expect(page).toMatchObject({ items: [{ id: second.id }], nextCursor: second.id });
    const rest = await api.request('GET', `${all(tenant)}?cursor=${second.id}`, { key });
    expect(itemsOf(rest, Group).items.map(({ id }) => id)).toEqual([made.id]);
    const gone = await api.request('DELETE', path, { key });
    expect(gone.body).toEqual({ data: { id: made.id, deleted: true } });
    expect((await api.request('GET', path, { key })).status).toBe(404);
    expect((await actionsOf(database, tenant.orgId)).slice(-4)).toEqual([
      'group.created',
      'group.updated',
      'group.created',
      'group.deleted',
    ]);
  });

  test('has a name of its own in its place: another one is a Conflict that leaves nothing', async () => {
    const tenant = await api.tenant();
    const { orgId, key } = tenant;
    const other = await create(tenant, { name: 'Board' });
    await create(tenant);
    const body = { name: 'Analysts' };
    const taken = { status: 409, fieldErrors: { name: 'Already taken by another group' } };
    const again = await api.request('POST', all(tenant), { key, body });
    expect(errorOf(again)).toMatchObject(taken);
    const path = `${all(tenant)}/${other.id}`;
    expect(errorOf(await api.request('PATCH', path, { key, body }))).toMatchObject(taken);
    const client = api.client(tenant);
    const project = await client.projects.create.mutate({ orgId, name: 'Sales' });
    // Inside a project the name is free again, once.
    const inside = { orgId, name: 'Analysts', projectId: project.id };
    await client.groups.create.mutate(inside);
    await expect(client.groups.create.mutate(inside)).rejects.toThrow('Already taken');
    expect((await client.groups.list.query({ orgId })).items).toHaveLength(3);
  });

  test.each([
    [{}, { name: 'Required' }],
    [{ name: '' }, { name: 'Must not be empty' }],
    [{ name: 'n', projectId: 'prj_nothing' }, { projectId: 'Not a project of this organization' }],
    [{ name: 'n', memberIds: [] }, { memberIds: 'Unknown field' }],
  ])('%j names what is wrong', async (body, fieldErrors) => {
    const tenant = await api.tenant();
    const response = await api.request('POST', all(tenant), { key: tenant.key, body });
    expect(errorOf(response)).toMatchObject({ status: 400, fieldErrors });
  });
});

describe('the members of a group', () => {
  const put = async (tenant: TestTenant, groupId: string, body: object, key = tenant.key) =>
    api.request('POST', `${all(tenant)}/${groupId}/members`, { key, body });

  test('come by member id or by address, once each, and go again', async () => {
    const tenant = await api.tenant();
    const { orgId, key } = tenant;
    const { id } = await create(tenant);
    const member = await joined(api, tenant);
    expect((await put(tenant, id, { memberId: member.memberId })).status).toBe(201);
    const again = await put(tenant, id, { email: member.email });
    expect(dataOf(again, InvitedMember)).toMatchObject({ id: member.memberId });
    expect(dataOf(again, InvitedMember)).not.toHaveProperty('invitationToken');
    const list = itemsOf(await api.request('GET', `${all(tenant)}/${id}/members`, { key }), Member);
    expect(list.items.map((item) => item.id)).toEqual([member.memberId]);
    const path = `${all(tenant)}/${id}/members/${member.memberId}`;
    const removed = { groupId: id, memberId: member.memberId, removed: true };
    expect((await api.request('DELETE', path, { key })).body).toEqual({ data: removed });
    expect((await api.request('DELETE', path, { key })).status).toBe(404);
    expect((await actionsOf(database, orgId)).slice(-2)).toEqual([
      'group.member_added',
      'group.member_removed',
    ]);
  });

  test('may be addresses that are still to accept', async () => {
    const tenant = await api.tenant();
    const { id } = await create(tenant);
    const email = newAddress();
    const added = dataOf(await put(tenant, id, { email }), InvitedMember);
    expect(added).toMatchObject({ role: 'MEMBER', user: { email } });
    const token = added.invitationToken ?? '';
    const tokens = await anonymous(api).auth.acceptInvitation.mutate({ token, password });
    const client = api.client({ key: tokens.accessToken });
    const { items } = await client.groups.listMembers.query({ orgId: tenant.orgId, id });
    expect(items.map((item) => item.id)).toEqual([added.id]);
    expect((await client.groups.get.query({ orgId: tenant.orgId, id })).memberCount).toBe(1);
  });

  test('are invited only by who may invite', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const { id } = await create(tenant);
    const known = await invite(api, tenant);
    const { key } = await api
      .client(tenant)
      .apiKeys.create.mutate({ orgId, name: 'groups', scopes: ['groups:write'] });
    const client = api.client({ key });
    const fill = (email: string) => client.groups.addMember.mutate({ orgId, id, email });
    await expect(fill(known.email)).resolves.toMatchObject({ id: known.id });
    await expect(fill(newAddress())).rejects.toThrow('You lack the permission members:write');
  });

  test.each([
    [{}, { memberId: 'Give either memberId or email' }],
    [{ memberId: 'mbr_1', email: 'a@b.c' }, { memberId: 'Give either memberId or email' }],
    [{ email: 'nobody' }, { email: 'Must be an e-mail address' }],
  ])('are not %j', async (body, fieldErrors) => {
    const tenant = await api.tenant();
    const { id } = await create(tenant);
    const response = await put(tenant, id, body);
    expect(errorOf(response)).toMatchObject({ status: 400, fieldErrors });
  });
});

test('projects are listed newest first, and groups by project', async () => {
  const tenant = await api.tenant();
  const { orgId } = tenant;
  const client = api.client(tenant);
  const one = await client.projects.create.mutate({ orgId, name: 'One' });
  const two = await client.projects.create.mutate({ orgId, name: 'Two' });
  await expect(client.projects.create.mutate({ orgId, name: 'Two' })).rejects.toThrow('taken');
  const list = await client.projects.list.query({ orgId });
  expect(list.items.map(({ id }) => id)).toEqual([two.id, one.id]);
  const inside = await client.groups.create.mutate({ orgId, name: 'In', projectId: one.id });
  await client.groups.create.mutate({ orgId, name: 'Out' });
  const { items } = await client.groups.list.query({ orgId, projectId: one.id });
  expect(items).toEqual([inside]);
  expect((await client.groups.list.query({ orgId, projectId: two.id })).items).toEqual([]);
});

test('a project is renamed, on record, to a name that no other one has', async () => {
  const tenant = await api.tenant();
  const { projects } = api.client(tenant);
  const { orgId } = tenant;
  const { id, createdAt } = await projects.create.mutate({ orgId, name: 'One' });
  await projects.create.mutate({ orgId, name: 'Two' });
  await expect(projects.update.mutate({ orgId, id, name: 'Two' })).rejects.toThrow('taken');
  const renamed = await projects.update.mutate({ orgId, id, name: 'Three' });
  expect(renamed).toMatchObject({ id, name: 'Three', createdAt });
  expect(await projects.get.query({ orgId, id })).toEqual(renamed);
  // The same name again is no change.
  expect(await projects.update.mutate({ orgId, id, name: 'Three' })).toEqual(renamed);
  const actions = await actionsOf(database, orgId);
  expect(actions.filter((action) => action === 'project.updated')).toHaveLength(1);
});
