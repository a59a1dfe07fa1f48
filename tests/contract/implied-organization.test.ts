import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { postgres } from '../features/fixtures.ts';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { setPassword } from '../support/people/set-password.ts';

// Which organization a request means that does not say so.

const database = useDatabase();
const api = useApi(database);

const nobodys = 'ds_01jd5w9c3zf8r8kq4j0mpx2v7e';

const dataSourceIn = async ({ key, orgId }: TestTenant): Promise<string> =>
  (await api.client({ key }).dataSources.create.mutate({ orgId, ...postgres })).id;

/** A session of a user who is in two organizations. */
let session: TestTenant;
let second: TestTenant;
let stranger: TestTenant;

beforeAll(async () => {
  const tenant = await api.tenant();
  const { id } = await api.client(tenant).organizations.create.mutate({ name: 'Second' });
  second = { ...tenant, orgId: id };
  stranger = await api.tenant();
  const password = 'correct horse battery';
  const email = await setPassword(database, tenant, password);
  const { body } = await api.request('POST', '/api/v1/auth/login', { body: { email, password } });
  const Tokens = z.object({ data: z.object({ access_token: z.string() }) });
  session = { ...tenant, key: Tokens.parse(body).data.access_token };
});

const ask = async (path: string, { key }: TestTenant) => {
  const { status, body } = await api.request('GET', `/api/v1${path}`, { key });
  const { data, error } = z.object({ data: z.unknown(), error: z.unknown() }).parse(body);
  return { status, data, error };
};

describe('who is in several organizations', () => {
  test('is asked which one is meant, by its name on the surface', async () => {
    const reason = 'Required, because it does not follow from who calls';
    const { status, error } = await ask('/data-sources', session);
    expect(status).toBe(400);
    expect(error).toMatchObject({
      code: 'VALIDATION',
      message: `organization_id: ${reason}`,
      details: { field_errors: { organization_id: reason } },
    });
    const { body } = await api.request('GET', '/api/data-sources', { key: session.key });
    expect(body).toEqual({ error: 'Validation failed', message: `organizationId: ${reason}` });
  });

  test('says it in the query or in the body', async () => {
    const id = await dataSourceIn(second);
    const listed = await ask(`/data-sources?organization_id=${second.orgId}`, session);
    expect(listed.data).toContainEqual(expect.objectContaining({ id }));
    const { status } = await api.request('POST', `/api/v1/data-sources/${id}/sync`, {
      key: session.key,
      body: { organization_id: second.orgId },
    });
    expect(status).toBe(202);
    const wrong = await ask(`/data-sources/${id}?organization_id=${session.orgId}`, session);
    expect(wrong.status).toBe(404);
  });

  test('need not say it about a thing, whichever of them it is in', async () => {
    for (const tenant of [session, second]) {
      const id = await dataSourceIn(tenant);
      for (const path of [`/data-sources/${id}`, `/tables?data_source_id=${id}`])
        expect((await ask(path, session)).status, path).toBe(200);
    }
  });

  test('with a key means the organization of the key', async () => {
    const { orgId } = second;
    const { key } = await api.client(second).apiKeys.create.mutate({ orgId, name: 'second' });
    const id = await dataSourceIn(second);
    const { data } = await ask('/data-sources?limit=1', { ...second, key });
    expect(data).toEqual([expect.objectContaining({ id })]);
    // A bearer key reaches the user's other organizations as well, by the things in them.
    const other = await dataSourceIn(session);
    expect((await ask(`/data-sources/${other}`, { ...second, key })).status).toBe(200);
  });
});

describe('a thing of others', () => {
  test.each(['session', 'key'] as const)(
    'is answered to a %s like one that is not there',
    async (kind) => {
      const caller = kind === 'session' ? session : second;
      const id = await dataSourceIn(stranger);
      const [theirs, nothing] = [
        await ask(`/data-sources/${id}`, caller),
        await ask(`/data-sources/${nobodys}`, caller),
      ];
      expect(theirs).toEqual(nothing);
      expect(theirs).toMatchObject({ status: 404, error: { message: 'Data source not found' } });
    },
  );

  test('is so, too, in an organization where a mere member may not use it', async () => {
    const id = await dataSourceIn(stranger);
    const { orgId } = stranger;
    const owner = api.client(stranger);
    const group = await owner.groups.create.mutate({ orgId, name: 'Others' });
    const groupIds = [group.id];
    await owner.access.replace.mutate({ orgId, id, mode: 'restricted', groupIds });
    await database.pool.query(
      `insert into membership (id, organization_id, user_id, role, created_at, updated_at)
       values ('mbr_implied', $1, $2, 'MEMBER', now(), now())`,
      [stranger.orgId, session.userId],
    );
    await database.pool.query(`select pg_notify('basekeep_principal', $1)`, [
      `user:${session.userId}`,
    ]);
    await expect
      .poll(async () => (await ask(`/organizations/${stranger.orgId}`, session)).status)
      .toBe(200);
    expect(await ask(`/data-sources/${id}`, second)).toEqual(
      await ask(`/data-sources/${nobodys}`, second),
    );
  });
});

test('whom another process has just let into a first organization means that one, at once', async () => {
  const tenant = await api.tenant();
  await database.pool.query('delete from membership where user_id = $1', [tenant.userId]);
  const email = await setPassword(database, tenant, 'correct horse battery');
  const body = { email, password: 'correct horse battery' };
  const signedIn = await api.request('POST', '/api/v1/auth/login', { body });
  const Tokens = z.object({ data: z.object({ access_token: z.string() }) });
  const caller = { ...tenant, key: Tokens.parse(signedIn.body).data.access_token };
  expect((await ask('/data-sources', caller)).status).toBe(400);
  // No notification: what this process remembers of the caller is out of date.
  await database.pool.query(
    `insert into membership (id, organization_id, user_id, role, created_at, updated_at)
     values ('mbr_let_in', $1, $2, 'ADMIN', now(), now())`,
    [tenant.orgId, tenant.userId],
  );
  expect(await ask('/data-sources', caller)).toMatchObject({ status: 200, data: [] });
});
