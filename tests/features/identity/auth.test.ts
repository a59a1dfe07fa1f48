import { expect, test } from 'vitest';
import { createBasekeepClient } from '../../../server/client.ts';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { setPassword } from '../../support/people/set-password.ts';

const database = useDatabase();
const api = useApi(database);

const password = 'correct horse battery';

async function user() {
  const tenant = await api.tenant();
  return { ...tenant, email: await setPassword(database, tenant, password) };
}

const anonymous = () => createBasekeepClient({ url: api.url, apiKey: 'none' });

test('a sign-in gives tokens, and the access token acts as the user', async () => {
  const { email, orgId } = await user();
  const tokens = await anonymous().auth.login.mutate({
    email: ` ${email.toUpperCase()} `,
    password,
  });
  const client = api.client({ key: tokens.accessToken });
  const me = await client.auth.me.query({});
  expect(me.user.email).toBe(email);
  expect(me.organizations).toEqual([expect.objectContaining({ id: orgId, role: 'ADMIN' })]);
  expect(await client.dataSources.list.query({ orgId })).toMatchObject({ items: [] });
});

test('a refresh token is taken once; one retry gets the same successor; a third use ends the session', async () => {
  const { email } = await user();
  const tokens = await anonymous().auth.login.mutate({ email, password });
  const rotate = (refreshToken: string) => anonymous().auth.refresh.mutate({ refreshToken });
  const second = await rotate(tokens.refreshToken);
  expect(second.refreshToken).not.toBe(tokens.refreshToken);
  expect((await rotate(tokens.refreshToken)).refreshToken).toBe(second.refreshToken);
  await expect(rotate(tokens.refreshToken)).rejects.toThrow('not valid');
  await expect(rotate(second.refreshToken)).rejects.toThrow('not valid');
  const client = api.client({ key: second.accessToken });
  await expect
    .poll(() => client.auth.me.query({}).catch((e: unknown) => String(e)))
    .toMatch('invalid');
});

test('ten guesses at an account, then nothing until the window resets', async () => {
  const { email } = await user();
  const guess = () => anonymous().auth.login.mutate({ email, password: 'wrong' });
  for (let i = 0; i < 10; i += 1)
    await expect(guess()).rejects.toThrow('Incorrect email or password');
  await expect(guess()).rejects.toThrow('Too many tries');
});

test('logout and a changed password end sessions', async () => {
  const { email } = await user();
  const login = () => anonymous().auth.login.mutate({ email, password });
  const [one, two] = [await login(), await login()];
  const client = api.client({ key: one.accessToken });
  await client.auth.changePassword.mutate({
    currentPassword: password,
    newPassword: 'another long one',
  });
  const other = api.client({ key: two.accessToken });
  await expect
    .poll(() => other.auth.me.query({}).catch((e: unknown) => String(e)))
    .toMatch('invalid');
  expect((await client.auth.me.query({})).user.email).toBe(email);
  await client.auth.logout.mutate({});
  await expect
    .poll(() => client.auth.me.query({}).catch((e: unknown) => String(e)))
    .toMatch('invalid');
});

test('a pair reaches its own organization, as far as its scopes go, in its environment', async () => {
  const tenant = await api.tenant();
  const admin = api.client(tenant);
  const second = await admin.organizations.create.mutate({ name: 'Second' });
  const { orgId } = tenant;
  const pair = await admin.apiKeys.create.mutate({
    orgId,
    name: 'machine',
    kind: 'pair',
    environment: 'test',
    scopes: ['data-sources:read'],
  });
  const headers = { 'x-api-key': pair.key, 'x-api-secret': pair.secret ?? '' };
  const base = `/api/public/organizations/${orgId}/data-sources`;
  await admin.dataSources.create.mutate({
    ...{ orgId, type: 'direct', dialect: 'POSTGRES', displayName: 'Live' },
    ...{ host: 'localhost', username: 'u' },
  });
  expect((await api.request('GET', base, { headers })).body).toMatchObject({ data: [] });
  expect(
    (await api.request('GET', `/api/public/organizations/${second.id}`, { headers })).status,
  ).toBe(404);
  expect((await api.request('POST', `${base}/verify`, { headers, body: {} })).status).toBe(404);
  const rotated = await admin.apiKeys.rotate.mutate({ orgId, id: pair.id, overlapSeconds: 60 });
  expect(rotated.key).toBe(pair.key);
  const next = { ...headers, 'x-api-secret': rotated.secret ?? '' };
  expect((await api.request('GET', base, { headers: next })).status).toBe(200);
  expect((await api.request('GET', base, { headers })).status).toBe(200);
  await admin.apiKeys.update.mutate({ orgId, id: pair.id, active: false });
  await expect
    .poll(async () => (await api.request('GET', base, { headers: next })).status)
    .toBe(401);
});
