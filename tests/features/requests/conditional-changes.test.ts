import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import type { Belongings } from '../../support/matrix.ts';
import { digestTables } from '../../security/support/digest.ts';
import { belongings } from '../../security/support/tenants.ts';

// What entity-tags.test.ts promises of one kind of thing, for every other kind that can be changed.

const database = useDatabase();
const api = useApi(database);

interface Kind {
  readonly name: string;
  readonly path: (of: Belongings) => string;
  /** How it is changed on that path: by bodies that each differ from what is there. */
  readonly method: 'PATCH' | 'PUT';
  readonly bodies: readonly [object, object];
  /** Whether the path takes a DELETE, too. */
  readonly isDeleted: boolean;
  /** Where it is created, with a body that does not exist yet. */
  readonly created?: { readonly path: (of: Belongings) => string; readonly body: object };
}

const organization = ({ orgId }: Belongings): string => `/api/public/organizations/${orgId}`;
const renamed = [{ name: 'One' }, { name: 'Two' }] as const;

const kinds: readonly Kind[] = [
  {
    name: 'a member',
    path: (of) => `${organization(of)}/members/${of.memberId}`,
    method: 'PATCH',
    bodies: [{ fullName: 'One' }, { role: 'ADMIN' }],
    isDeleted: true,
    created: { path: (of) => `${organization(of)}/members`, body: { email: 'new@example.com' } },
  },
  {
    name: 'a group',
    path: (of) => `${organization(of)}/groups/${of.groupId}`,
    method: 'PATCH',
    bodies: [{ name: 'One' }, { customAiContext: 'Two' }],
    isDeleted: true,
    created: { path: (of) => `${organization(of)}/groups`, body: { name: 'New' } },
  },
  {
    name: 'a project',
    path: (of) => `/api/v1/projects/${of.projectId}`,
    method: 'PATCH',
    bodies: renamed,
    isDeleted: false,
    created: { path: () => '/api/v1/projects', body: { name: 'New' } },
  },
  {
    name: 'the policy of credentials',
    path: () => '/api/v1/credentials/reveal-policy',
    method: 'PUT',
    bodies: [{ policy: 'never' }, { policy: 'admins' }],
    isDeleted: false,
  },
];

async function start({ path }: Kind) {
  const tenant = await api.tenant();
  const of = await belongings(api, tenant);
  return { tenant, of, path: path(of) };
}

async function tagOf(path: string, { key }: TestTenant): Promise<string> {
  const { status, headers } = await api.request('GET', path, { key });
  expect(status).toBe(200);
  return headers.get('etag') ?? '';
}

const Created = z.object({ data: z.object({ id: z.string() }) });

describe.each(kinds)('$name', (kind) => {
  const { method, bodies, isDeleted, created } = kind;

  test('is changed by who knows it as it is, and its tag with it', async () => {
    const { tenant, path } = await start(kind);
    const before = await tagOf(path, tenant);
    const headers = { 'if-match': before };
    const changed = await api.request(method, path, { key: tenant.key, body: bodies[0], headers });
    expect(changed.status).toBe(200);
    const after = await tagOf(path, tenant);
    expect(after).not.toBe(before);
    expect(changed.headers.get('etag')).toBe(after);
  });

  test('is not changed by who knows it as it was, and nothing happens', async () => {
    const { tenant, path } = await start(kind);
    const headers = { 'if-match': await tagOf(path, tenant) };
    await api.request(method, path, { key: tenant.key, body: bodies[0] });
    const before = await digestTables(database.pool);
    const attempts = [
      api.request(method, path, { key: tenant.key, body: bodies[1], headers }),
      ...(isDeleted ? [api.request('DELETE', path, { key: tenant.key, headers })] : []),
    ];
    for (const { status } of await Promise.all(attempts)) expect(status).toBe(412);
    expect(await digestTables(database.pool)).toEqual(before);
  });

  if (created) {
    test('has the tag from its creation on', async () => {
      const { tenant, of } = await start(kind);
      const { body } = created;
      const made = await api.request('POST', created.path(of), { key: tenant.key, body });
      expect(made.status).toBe(201);
      const { id } = Created.parse(made.body).data;
      const path = `${created.path(of)}/${id}`;
      expect(await tagOf(path, tenant)).toBe(made.headers.get('etag'));
    });
  }

  if (isDeleted) {
    test('goes for who knows it as it is', async () => {
      const { tenant, path } = await start(kind);
      const headers = { 'if-match': await tagOf(path, tenant) };
      expect((await api.request('DELETE', path, { key: tenant.key, headers })).status).toBe(200);
    });
  }
});

test('a credential has a tag that a reveal leaves alone and a new secret does not', async () => {
  const tenant = await api.tenant();
  const of = await belongings(api, tenant);
  const path = `/api/v1/credentials/${of.credentialId}`;
  const setPart = async () => (await tagOf(path, tenant)).split('.')[0];
  const before = await setPart();
  const revealed = `update data_source set last_revealed_at = now() where id = $1`;
  await database.pool.query(revealed, [of.dataSourceId]);
  expect(await setPart()).toBe(before);
  const source = `${organization(of)}/data-sources/${of.dataSourceId}`;
  const body = { password: 'another one' };
  expect((await api.request('PATCH', source, { key: tenant.key, body })).status).toBe(200);
  expect(await setPart()).not.toBe(before);
  const keyed = await api.request('GET', `/api/credentials/${of.credentialId}`, tenant);
  expect(keyed.headers.get('etag')).toBe(await tagOf(path, tenant));
});

test('a group changes when somebody joins it', async () => {
  const tenant = await api.tenant();
  const of = await belongings(api, tenant);
  const path = `${organization(of)}/groups/${of.groupId}`;
  const headers = { 'if-match': await tagOf(path, tenant) };
  const { memberId } = await belongings(api, tenant);
  const joined = await api.request('POST', `${path}/members`, {
    key: tenant.key,
    body: { memberId },
  });
  expect(joined.status).toBe(201);
  expect((await api.request('DELETE', path, { key: tenant.key, headers })).status).toBe(412);
});
