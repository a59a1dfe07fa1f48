import { describe, expect, test } from 'vitest';
import { createBasekeepClient } from '../../../server/client.ts';
import { actionsOf } from '../../features/fixtures.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { signIn } from '../../support/people/sign-in.ts';
import { setPassword } from '../../support/people/set-password.ts';

// What is refused is on record, also where it is about no organization.

const database = useDatabase();
const api = useApi(database);

/** The latest event of an organization. */
async function lastEvent({ orgId }: TestTenant): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select action, actor_type, details::json as details from audit_event
     where organization_id = $1 order by sequence desc limit 1`,
    [orgId],
  );
  return rows[0];
}

describe('a key without the scope for it', () => {
  test.each([
    ['organizations.list', 'GET', '/api/v1/organizations', undefined],
    ['organizations.create', 'POST', '/api/v1/organizations', { name: 'Another' }],
    ['organizations.list', 'GET', '/trpc/organizations.list?input=%7B%7D', undefined],
  ])('is on record where it is managed: %s', async (procedure, method, path, body) => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const scopes: ['data-sources:read'] = ['data-sources:read'];
    const made = await api.client(tenant).apiKeys.create.mutate({ orgId, name: 'narrow', scopes });
    const refused = await api.request(method, path, { key: made.key, body });
    expect(refused.status).toBe(403);
    expect(await lastEvent(tenant)).toEqual({
      action: 'permission.refused',
      actor_type: 'api_key',
      details: {
        permission: method === 'POST' ? 'organizations:write' : 'organizations:read',
        procedure,
      },
    });
  });
});

describe('a refresh token that is not taken', () => {
  const password = 'correct horse battery';
  const auth = () => createBasekeepClient({ url: api.url, apiKey: 'none' }).auth;

  async function session() {
    const tenant = await api.tenant();
    const email = await setPassword(database, tenant, password);
    const { refreshToken } = await auth().login.mutate({ email, password });
    return { tenant, refreshToken };
  }
  const rotate = (refreshToken: string) => auth().refresh.mutate({ refreshToken });
  const refusal = (cause: string) => ({
    action: 'auth.refresh_refused',
    actor_type: 'user',
    details: { cause },
  });

  test('because it was used before is on record, with the end of its session', async () => {
    const { tenant, refreshToken } = await session();
    const second = await rotate(refreshToken);
    await rotate(refreshToken);
    await expect(rotate(refreshToken)).rejects.toThrow('not valid');
    expect((await actionsOf(database, tenant.orgId)).slice(-2)).toEqual([
      'auth.session_revoked',
      'auth.refresh_refused',
    ]);
    expect(await lastEvent(tenant)).toEqual(refusal('REUSED'));
    await expect(rotate(second.refreshToken)).rejects.toThrow('not valid');
    expect(await lastEvent(tenant)).toEqual(refusal('REVOKED'));
  });

  test('because it has expired is on record', async () => {
    const { tenant, refreshToken } = await session();
    await database.pool.query(`update user_session set expires_at = now() where user_id = $1`, [
      tenant.userId,
    ]);
    await expect(rotate(refreshToken)).rejects.toThrow('not valid');
    expect(await lastEvent(tenant)).toEqual(refusal('EXPIRED'));
  });

  test("because somebody made it up fills nobody's trail", async () => {
    const { tenant, refreshToken } = await session();
    const before = await actionsOf(database, tenant.orgId);
    await expect(rotate(refreshToken.replace(/.{43}$/, 'A'.repeat(43)))).rejects.toThrow(
      'not valid',
    );
    expect(await actionsOf(database, tenant.orgId)).toEqual(before);
  });
});

describe('a change of password with a wrong current one', () => {
  const newPassword = 'another horse battery';
  const change = (key: string, currentPassword: string) =>
    api.request('POST', '/api/v1/auth/password', {
      key,
      body: { current_password: currentPassword, new_password: newPassword },
    });

  test('names the field, changes nothing and is on record', async () => {
    const tenant = await api.tenant();
    const key = await signIn(api, database, tenant);
    const refused = await change(key, 'a wrong horse battery');
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { details: { field_errors: { current_password: 'Incorrect password' } } } },
    });
    expect(await lastEvent(tenant)).toEqual({
      action: 'auth.password_change_refused',
      actor_type: 'user',
      details: {},
    });
    expect((await change(key, 'correct horse battery')).status).toBe(200);
  });
});
