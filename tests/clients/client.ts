import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths as KeyedPaths } from './.cache/keyed.d.ts';
import type { paths as PublicPaths } from './.cache/public.d.ts';
import type { paths as V1Paths } from './.cache/v1.d.ts';

/*
 * What somebody writes who has nothing but the documents: every path, field and status below is
 * checked by the compiler against the types made from them, and by the server when it runs.
 */

const [url = '', apiKey = '', email = '', password = ''] = process.argv.slice(2);

const source = {
  type: 'direct',
  dialect: 'POSTGRES',
  host: 'db.example.com',
  username: 'reader',
  password: 'correct horse',
} as const;

await usePublic();
const { organizationId, pair, narrow } = await useV1();
await useKeyed();

async function usePublic(): Promise<void> {
  const baseUrl = `${url}/api/public`;
  const api = createClient<PublicPaths>({
    baseUrl,
    headers: { Authorization: `Bearer ${apiKey}` },
  });
  const organizations = await api.GET('/organizations');
  const orgId = organizations.data?.data[0]?.id ?? '';
  assert.match(orgId, /^org_/);
  const params = { path: { orgId } };
  const path = '/organizations/{orgId}/data-sources';
  const created = await api.POST(path, { params, body: { ...source, displayName: 'Public' } });
  assert.equal(created.response.status, 201);
  assert.equal(created.data?.data.port, 5432);
  const listed = await api.GET(path, { params: { ...params, query: { limit: 1 } } });
  assert.equal(listed.data?.data[0]?.id, created.data.data.id);
  assert.equal(listed.data?.pagination.hasMore, true);
  const body = { ...source, displayName: 'Public', port: 70_000 };
  const refused = await api.POST(path, { params, body });
  assert.equal(refused.response.status, 400);
  assert.equal(refused.error?.error.title, 'ValidationError');
  const unknown = await createClient<PublicPaths>({ baseUrl }).GET('/organizations');
  assert.equal(unknown.error?.error.title, 'Unauthorized');
}

async function useV1() {
  const baseUrl = `${url}/api/v1`;
  const anybody = createClient<V1Paths>({ baseUrl });
  const wrong = await anybody.POST('/auth/login', { body: { email, password: 'wrong' } });
  assert.equal(wrong.response.status, 401);
  assert.equal(wrong.error?.error.code, 'UNAUTHENTICATED');
  const signedIn = await anybody.POST('/auth/login', { body: { email, password } });
  const token = signedIn.data?.data.access_token ?? '';
  const api = createClient<V1Paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
  const me = await api.GET('/auth/me');
  assert.equal(me.data?.data.user.email, email);
  const project = await api.POST('/projects', { body: { name: 'Sales' } });
  assert.equal(project.response.status, 201);
  const projects = await api.GET('/projects');
  assert.deepEqual(projects.data?.data, [project.data?.data]);
  const again = await api.POST('/projects', { body: { name: 'Sales' } });
  assert.equal(again.response.status, 409);
  assert.equal(
    again.error?.error.details.field_errors?.['name'],
    'Already taken by another project',
  );
  const makePair = async (scopes: ('system:full-access' | 'data-sources:read')[]) => {
    const body = { name: 'client', kind: 'pair', environment: 'live', scopes } as const;
    const { data } = await api.POST('/api-keys', { body });
    return { 'X-Api-Key': data?.data.key ?? '', 'X-Api-Secret': data?.data.secret ?? '' };
  };
  return {
    organizationId: project.data?.data.organization_id ?? '',
    pair: await makePair(['system:full-access']),
    narrow: await makePair(['data-sources:read']),
  };
}

async function useKeyed(): Promise<void> {
  const baseUrl = `${url}/api`;
  const api = createClient<KeyedPaths>({ baseUrl, headers: pair });
  const organizations = await api.GET('/organizations');
  assert.equal(organizations.data?.organizations[0]?.id, organizationId);
  const body = { ...source, displayName: 'Keyed' };
  const created = await api.POST('/data-sources', { body });
  assert.equal(created.response.status, 201);
  const listed = await api.GET('/data-sources', { params: { query: { page: 1, pageSize: 1 } } });
  assert.equal(listed.data?.dataSources[0]?.id, created.data?.id);
  assert.equal(listed.data?.pagination.pageSize, 1);
  const reader = createClient<KeyedPaths>({ baseUrl, headers: narrow });
  const refused = await reader.POST('/data-sources', { body });
  assert.equal(refused.response.status, 403);
  assert.equal(
    refused.error?.message,
    'Your API key does not have the required scope: data-sources:write',
  );
}
