import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { useApi, type RequestOptions } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { setPassword } from '../support/people/set-password.ts';
import { dataOf, errorOf } from './v1-envelope.ts';

// What v1.md says of users, projects and groups, as a client of it would do it.

const database = useDatabase();
const api = useApi(database);

const v1 = (method: string, path: string, options?: RequestOptions) =>
  api.request(method, `/api/v1${path}`, options);

async function ask(method: string, path: string, options: RequestOptions) {
  const { status, body } = await v1(method, path, options);
  return { status, ...z.object({ data: z.unknown(), error: z.unknown() }).parse(body) };
}

const Invited = z.object({ id: z.string(), invitation_token: z.string() });
const Tokens = z.object({ access_token: z.string() });
const Made = z.object({ id: z.string() });

test('a user is invited, accepts like signing in, and is who it said', async () => {
  const { key, orgId } = await api.tenant();
  const body = { email: 'grace@example.com', display_name: 'Grace Hopper', locale: 'en-US' };
  const invited = await ask('POST', '/users', { key, body });
  expect(invited.status).toBe(201);
  expect(invited.data).toMatchObject({
    organization_id: orgId,
    role: 'MEMBER',
    deactivated_at: null,
    user: { email: body.email, full_name: 'Grace Hopper', is_email_verified: false },
  });
  const { invitation_token: token } = Invited.parse(invited.data);
  const accept = { body: { token, password: 'correct horse battery' } };
  const accepted = await ask('POST', '/auth/accept-invitation', accept);
  expect(accepted.data).toEqual({
    access_token: expect.any(String),
    refresh_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 600,
  });
  const me = await ask('GET', '/auth/me', { key: Tokens.parse(accepted.data).access_token });
  expect(me.data).toMatchObject({
    user: { email: body.email, display_name: 'Grace Hopper', locale: 'en-US' },
    organizations: [{ id: orgId, role: 'MEMBER', permissions: expect.any(Array) }],
  });
  const again = await ask('POST', '/auth/accept-invitation', accept);
  expect(again).toMatchObject({ status: 401, error: { code: 'UNAUTHENTICATED' } });
});

test('a project is made under an organization, and a group inside the project', async () => {
  const { key, orgId } = await api.tenant();
  const made = await ask('POST', '/projects', { key, body: { name: 'Sales' } });
  expect(made).toMatchObject({ status: 201, data: { organization_id: orgId, name: 'Sales' } });
  const { id } = Made.parse(made.data);
  const body = { name: 'Analysts', project_id: id, custom_ai_context: 'They like charts.' };
  const group = await ask('POST', '/groups', { key, body });
  expect(group).toMatchObject({ status: 201, data: { ...body, member_count: 0 } });
  expect((await ask('GET', '/projects', { key })).data).toEqual([made.data]);
  expect((await ask('GET', `/groups?project_id=${id}`, { key })).data).toEqual([group.data]);
  const wrong = await ask('POST', '/groups', { key, body: { name: 'x', project_id: 'prj_x' } });
  expect(wrong).toMatchObject({
    status: 400,
    error: { details: { field_errors: { project_id: 'Not a project of this organization' } } },
  });
});

describe('the session of a user', () => {
  const password = 'correct horse battery';
  const Tokens = z.strictObject({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.literal(600),
  });

  test('is signed in to, refreshed, looked at and ended, as the contract has it', async () => {
    const tenant = await api.tenant();
    const email = await setPassword(database, tenant, password);
    const signedIn = await v1('POST', '/auth/login', { body: { email, password } });
    expect(signedIn.status).toBe(200);
    const { refresh_token } = Tokens.parse(dataOf(signedIn));
    const refreshed = await v1('POST', '/auth/refresh', { body: { refresh_token } });
    const { access_token: key } = Tokens.parse(dataOf(refreshed));
    expect(dataOf(await v1('GET', '/auth/me', { key }))).toMatchObject({
      user: { id: tenant.userId, email, display_name: null },
      credential: { kind: 'session' },
      organizations: [{ id: tenant.orgId, role: 'ADMIN' }],
    });
    const body = { current_password: password, new_password: `${password} staple` };
    expect((await v1('POST', '/auth/password', { key, body })).status).toBe(200);
    expect((await v1('POST', '/auth/logout', { key })).status).toBe(200);
    const after = await v1('GET', '/auth/me', { key });
    expect(errorOf(after)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  test('is not given to a wrong password', async () => {
    const email = await setPassword(database, await api.tenant(), password);
    const body = { email, password: 'another' };
    expect(errorOf(await v1('POST', '/auth/login', { body }))).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
      message: 'Incorrect email or password',
      details: { reason: 'credentials' },
    });
  });
});
