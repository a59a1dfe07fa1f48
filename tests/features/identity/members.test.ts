import { describe, expect, test } from 'vitest';
import { InvitedMember, Member } from '../../../server/membership/member.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf } from '../fixtures.ts';
import { anonymous, invite, joined, newAddress, password } from './people.ts';

const database = useDatabase();
const api = useApi(database);

const all = ({ orgId }: Pick<TestTenant, 'orgId'>) => `/api/public/organizations/${orgId}/members`;
const ownMember = async (tenant: TestTenant) => {
  const { items } = await api.client(tenant).members.list.query({ orgId: tenant.orgId });
  return items.find(({ userId }) => userId === tenant.userId)?.id ?? '';
};

describe('an invitation', () => {
  test('makes an unknown address a pending member, exactly as documented', async () => {
    const tenant = await api.tenant();
    const body = { email: 'Ada.Lovelace@Example.com' };
    const response = await api.request('POST', all(tenant), { key: tenant.key, body });
    expect(response.status).toBe(201);
    const { id, userId } = dataOf(response, InvitedMember);
    const member = {
      id: expect.stringMatching(/^mbr_/),
      createdAt: expect.any(String),
      deactivatedAt: null,
      role: 'MEMBER',
      userId: expect.stringMatching(/^usr_/),
      organizationId: tenant.orgId,
      user: {
        id: userId,
        fullName: null,
        avatarUrl: null,
        email: 'ada.lovelace@example.com',
        isEmailVerified: false,
        createdAt: expect.any(String),
        firstName: null,
        title: null,
      },
    };
    expect(dataOf(response, InvitedMember)).toEqual({
      ...member,
      invitationToken: expect.stringMatching(/^bki_[\w-]{43}$/),
    });
    const read = await api.request('GET', `${all(tenant)}/${id}`, { key: tenant.key });
    expect((read.body as { data: unknown }).data).toEqual(member);
  });

  test('says the same of an address that has an account elsewhere, and of one that has none', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const known = await joined(api, there);
    const [old, fresh] = [await invite(api, here, { email: known.email }), await invite(api, here)];
    const shape = { ...fresh, id: '', userId: '', createdAt: '', token: '', invitationToken: '' };
    expect({ ...old, id: '', userId: '', createdAt: '', token: '', invitationToken: '' }).toEqual({
      ...shape,
      email: old.email,
      user: { ...fresh.user, id: old.userId, email: old.email, createdAt: old.user.createdAt },
    });
    expect(old.userId).not.toBe(known.userId);
  });

  test('of a pending member makes a new token, and the old one invalid', async () => {
    const tenant = await api.tenant();
    const first = await invite(api, tenant);
    const second = await invite(api, tenant, { email: first.email, role: 'ADMIN' });
    expect(second).toMatchObject({ id: first.id, userId: first.userId, role: 'ADMIN' });
    const accept = (token: string) =>
      anonymous(api).auth.acceptInvitation.mutate({ token, password });
    await expect(accept(first.token)).rejects.toThrow('The invitation is not valid');
    await expect(accept(second.token)).resolves.toMatchObject({ tokenType: 'Bearer' });
  });

  test('of an active member is a Conflict that changes nothing', async () => {
    const tenant = await api.tenant();
    const { email, memberId } = await joined(api, tenant, { role: 'ADMIN' });
    const before = await actionsOf(database, tenant.orgId);
    const response = await api.request('POST', all(tenant), { key: tenant.key, body: { email } });
    expect(errorOf(response)).toMatchObject({ status: 409, fieldErrors: { email: /already/ } });
    expect(await actionsOf(database, tenant.orgId)).toEqual(before);
    const { role } = await api.client(tenant).members.get.query({
      orgId: tenant.orgId,
      id: memberId,
    });
    expect(role).toBe('ADMIN');
  });

  test('made ten times at once for one address makes one member and one valid token', async () => {
    const tenant = await api.tenant();
    const email = newAddress();
    const made = await Promise.all(
      Array.from({ length: 10 }, () => invite(api, tenant, { email })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const accepted = await Promise.allSettled(
      made.map(({ token }) => anonymous(api).auth.acceptInvitation.mutate({ token, password })),
    );
    expect(accepted.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test.each([
    [{}, { email: 'Required' }],
    [{ email: 'nobody' }, { email: 'Must be an e-mail address' }],
    [{ email: 'a@b.c\r\nBcc: d@e.f' }, { email: 'Must be an e-mail address' }],
    [{ email: 'a@b.c', role: 'OWNER' }, { role: 'Must be one of ADMIN, MEMBER' }],
    [{ email: 'a@b.c', locale: 'not a locale' }, { locale: expect.stringContaining('language') }],
    [{ email: 'a@b.c', userId: 'usr_1' }, { userId: 'Unknown field' }],
  ])('%j names what is wrong', async (body, fieldErrors) => {
    const tenant = await api.tenant();
    const response = await api.request('POST', all(tenant), { key: tenant.key, body });
    expect(errorOf(response)).toMatchObject({ status: 400, title: 'ValidationError', fieldErrors });
  });

  test('of an ADMIN asks for a credential that may do what an ADMIN may', async () => {
    const tenant = await api.tenant();
    const admin = api.client(tenant);
    const { orgId } = tenant;
    const scopes = ['members:write', 'members:read'] as const;
    const { key } = await admin.apiKeys.create.mutate({ orgId, name: 'hr', scopes: [...scopes] });
    const hr = api.client({ key });
    const { id } = await hr.members.invite.mutate({ orgId, email: newAddress() });
    await expect(
      hr.members.invite.mutate({ orgId, email: newAddress(), role: 'ADMIN' }),
    ).rejects.toThrow('role: Your own credential lacks');
    await expect(hr.members.update.mutate({ orgId, id, role: 'ADMIN' })).rejects.toThrow('role:');
  });
});

describe('a list of members', () => {
  test('goes page by page, newest first, for members too', async () => {
    const tenant = await api.tenant();
    const made = [await ownMember(tenant)];
    for (let i = 0; i < 4; i += 1) made.unshift((await invite(api, tenant)).id);
    const page = (query: string) =>
      api.request('GET', `${all(tenant)}?${query}`, { key: tenant.key });
    const first = itemsOf(await page('limit=3'), Member);
    expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 3));
    expect(first).toMatchObject({ hasMore: true, nextCursor: made[2] });
    const next = itemsOf(await page(`limit=3&cursor=${made[2]}`), Member);
    expect(next.items.map(({ id }) => id)).toEqual(made.slice(3));
    const member = await api.member(tenant, 'MEMBER');
    const seen = await api.client(member).members.list.query({ orgId: tenant.orgId });
    expect(seen.items).toHaveLength(6);
    // The public surface is for admins.
    expect((await api.request('GET', all(tenant), { key: member.key })).status).toBe(404);
  });
});

describe('an update', () => {
  test('changes role, name and picture, in this organization alone', async () => {
    const [here, there] = [await api.tenant(), await api.tenant()];
    const { memberId, client, email } = await joined(api, here);
    const second = await invite(api, there, { email });
    await client.auth.acceptInvitation.mutate({ token: second.token });
    const avatarUrl = 'https://example.com/ada.png';
    const body = { role: 'ADMIN', fullName: 'Ada Lovelace', avatarUrl };
    const path = `${all(here)}/${memberId}`;
    const response = await api.request('PATCH', path, { key: here.key, body });
    const user = { fullName: 'Ada Lovelace', firstName: 'Ada', avatarUrl };
    expect(dataOf(response, Member)).toMatchObject({ role: 'ADMIN', user });
    const cleared = { key: here.key, body: { avatarUrl: null } };
    expect(dataOf(await api.request('PATCH', path, cleared), Member)).toMatchObject({
      role: 'ADMIN',
      user: { fullName: 'Ada Lovelace', avatarUrl: null },
    });
    const other = await api.client(there).members.get.query({ orgId: there.orgId, id: second.id });
    expect(other).toMatchObject({ role: 'MEMBER', user: { fullName: null, avatarUrl: null } });
  });

  test('of the role counts at the very next request', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const { memberId: id, client } = await joined(api, tenant);
    const rename = () => client.organizations.update.mutate({ id: orgId, name: 'Renamed' });
    await expect(rename()).rejects.toThrow('You lack the permission');
    await api.client(tenant).members.update.mutate({ orgId, id, role: 'ADMIN' });
    await expect(rename()).resolves.toMatchObject({ name: 'Renamed' });
    await api.client(tenant).members.update.mutate({ orgId, id, role: 'MEMBER' });
    await expect(rename()).rejects.toThrow('You lack the permission');
  });

  test.each([
    [{ fullName: '' }, { fullName: 'Must not be empty' }],
    [{ avatarUrl: 'http://example.com/a.png' }, { avatarUrl: expect.stringContaining('https') }],
    [{ avatarUrl: 'javascript:alert(1)' }, { avatarUrl: expect.stringContaining('https') }],
    [{ email: 'new@example.com' }, { email: 'Unknown field' }],
  ])('%j names what is wrong', async (body, fieldErrors) => {
    const tenant = await api.tenant();
    const path = `${all(tenant)}/${await ownMember(tenant)}`;
    const response = await api.request('PATCH', path, { key: tenant.key, body });
    expect(errorOf(response)).toMatchObject({ status: 400, fieldErrors });
  });
});

describe('a deactivation', () => {
  test('takes access from sessions and keys at once, and an invitation brings it back', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const { memberId, client, email } = await joined(api, tenant, { role: 'ADMIN' });
    const { key } = await client.apiKeys.create.mutate({ orgId, name: 'own' });
    const pair = await client.apiKeys.create.mutate({ orgId, name: 'pair', kind: 'pair' });
    const headers = { 'x-api-key': pair.key, 'x-api-secret': pair.secret ?? '' };
    const sources = `/api/public/organizations/${orgId}/data-sources`;
    const path = `${all(tenant)}/${memberId}`;
    const statuses = async () => [
      (await api.request('GET', sources, { key })).status,
      (await api.request('GET', sources, { headers })).status,
      await client.dataSources.list.query({ orgId }).then(
        () => 200,
        () => 404,
      ),
    ];
    expect(await statuses()).toEqual([200, 200, 200]);
    const gone = await api.request('DELETE', path, { key: tenant.key });
    expect(dataOf(gone, Member)).toMatchObject({ deactivatedAt: expect.any(String) });
    expect(await statuses()).toEqual([404, 401, 404]);
    expect((await api.request('DELETE', path, { key: tenant.key })).body).toEqual(gone.body);
    const back = await api.client(tenant).members.invite.mutate({ orgId, email });
    expect(back).toMatchObject({ id: memberId, deactivatedAt: null, role: 'MEMBER' });
    expect(back.invitationToken).toBeUndefined();
    await expect(client.dataSources.list.query({ orgId })).resolves.toMatchObject({ items: [] });
    expect((await actionsOf(database, orgId)).filter((name) => name.startsWith('member.'))).toEqual(
      ['member.invited', 'member.joined', 'member.deactivated', 'member.reactivated'],
    );
  });

  test('withdraws an invitation that is still out', async () => {
    const tenant = await api.tenant();
    const { id, token } = await invite(api, tenant);
    await api.client(tenant).members.deactivate.mutate({ orgId: tenant.orgId, id });
    await expect(anonymous(api).auth.acceptInvitation.mutate({ token, password })).rejects.toThrow(
      'not valid',
    );
  });
});

describe('the last ADMIN', () => {
  test.each(['demote', 'deactivate'])('cannot %s itself', async (deed) => {
    const tenant = await api.tenant();
    await invite(api, tenant, { role: 'ADMIN' }); // who has not accepted is nobody to rely on
    const path = `${all(tenant)}/${await ownMember(tenant)}`;
    const response =
      deed === 'demote'
        ? await api.request('PATCH', path, { key: tenant.key, body: { role: 'MEMBER' } })
        : await api.request('DELETE', path, { key: tenant.key });
    expect(errorOf(response)).toMatchObject({ status: 409, title: 'Conflict' });
    expect((await api.request('GET', path, { key: tenant.key })).status).toBe(200);
  });

  test('is left when admins demote and deactivate each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const tenant = await api.tenant();
      const { orgId } = tenant;
      const other = await joined(api, tenant, { role: 'ADMIN' });
      const own = await ownMember(tenant);
      const admin = api.client(tenant).members;
      const results = await Promise.allSettled([
        admin.update.mutate({ orgId, id: other.memberId, role: 'MEMBER' }),
        other.client.members.deactivate.mutate({ orgId, id: own }),
        admin.deactivate.mutate({ orgId, id: other.memberId }),
        other.client.members.update.mutate({ orgId, id: own, role: 'MEMBER' }),
      ]);
      expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
      const { rows } = await database.pool.query(
        `select 1 from membership
         where organization_id = $1 and role = 'ADMIN' and deactivated_at is null`,
        [orgId],
      );
      expect(rows.length).toBeGreaterThan(0);
    }
  });
});
