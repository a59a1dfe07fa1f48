import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import { v1Surface } from '../../server/rest/surfaces/v1.ts';
import { postgres } from '../features/fixtures.ts';
import { useApi, type RequestOptions } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { table } from '../support/sources/fake-connector.ts';
import { playVerifier } from '../support/play-verifier.ts';
import { storeTable } from '../support/store-table.ts';
import { dataOf, Envelope, errorOf } from './v1-envelope.ts';

const database = useDatabase();
const api = useApi(database);

const v1 = (method: string, path: string, options?: RequestOptions) =>
  api.request(method, `/api/v1${path}`, options);

const source = {
  type: 'direct',
  dialect: 'POSTGRES',
  display_name: 'Shop',
  host: 'db.example.com',
  username: 'reader',
  password: 'correct horse',
};

describe('a data source', () => {
  test('is created, listed, read, changed and deleted in snake case, organization unsaid', async () => {
    const { key } = await api.tenant();
    const created = await v1('POST', '/data-sources', {
      key,
      body: { ...source, max_pool_size: 4 },
    });
    expect(created.status).toBe(201);
    const { id } = z.looseObject({ id: z.string() }).parse(dataOf(created));
    expect(dataOf(created)).toMatchObject({ display_name: 'Shop', ssl_enabled: true });
    const path = `/data-sources/${id}`;
    const all = await v1('GET', '/data-sources?limit=1', { key });
    expect(dataOf(all)).toEqual([dataOf(created)]);
    expect(Envelope.parse(all.body).meta.pagination).toEqual({
      next_cursor: null,
      has_more: false,
    });
    expect(dataOf(await v1('GET', path, { key }))).toEqual(dataOf(created));
    const changed = await v1('PATCH', path, { key, body: { display_name: 'Renamed' } });
    expect(dataOf(changed)).toMatchObject({ id, display_name: 'Renamed' });
    const sync = await v1('POST', `${path}/sync`, { key });
    expect(sync.status).toBe(202);
    expect(dataOf(sync)).toMatchObject({ data_source_id: id, status: 'PENDING' });
    expect(dataOf(await v1('GET', `${path}/syncs`, { key }))).toEqual([dataOf(sync)]);
    const health = dataOf(await v1('GET', `${path}/health`, { key }));
    expect(health).toMatchObject({ data_source_id: id, last_check: null });
    expect(dataOf(await v1('DELETE', path, { key }))).toEqual({ id, deleted: true });
  });

  test('is tried out, and the answer tells step by step how it went', async () => {
    const { key } = await api.tenant();
    const { type: _, display_name: __, ...body } = source;
    const verify = async (report: object) => {
      const answered = new AbortController();
      const playing = playVerifier(database.pool, answered.signal, report);
      const response = await v1('POST', '/data-sources/verify', { key, body });
      answered.abort();
      await playing;
      return response;
    };
    expect(dataOf(await verify({}))).toEqual({
      success: true,
      steps: [{ step: 'resolve', duration_ms: 1, failure: null }],
      duration_ms: 1,
      server_version: 'PostgreSQL 18.4',
      ssh_host_key: null,
      certificate_expires_in_days: null,
    });
    const failure = 'DATABASE_NOT_FOUND';
    const steps = [{ step: 'sign-in', durationMs: 2, failure }];
    expect(errorOf(await verify({ failure, steps }))).toMatchObject({
      status: 400,
      code: 'CONNECTION_FAILED',
      details: {
        field_errors: { database_name: 'Database does not exist' },
        failure: { code: failure },
        steps: [{ step: 'sign-in', duration_ms: 2, failure }],
      },
    });
  });

  test('has tables, which are found by data_source_id', async () => {
    const { key } = await api.tenant();
    const created = await v1('POST', '/data-sources', { key, body: source });
    const { id } = z.looseObject({ id: z.string() }).parse(dataOf(created));
    const primaryKey = { name: 'orders_pkey', columns: ['camelCase'] };
    const tableId = await storeTable(database, id, table('orders', { primaryKey }));
    // Names of fields are written our way; what a customer calls a column is data.
    expect(dataOf(await v1('GET', `/tables?data_source_id=${id}`, { key }))).toMatchObject([
      { id: tableId, primary_key: { columns: ['camelCase'] }, row_estimate: null },
    ]);
    expect(errorOf(await v1('GET', '/tables', { key }))).toMatchObject({
      status: 400,
      message: 'data_source_id: Required',
      details: { field_errors: { data_source_id: 'Required' } },
    });
    expect((await v1('GET', `/tables?id=${id}`, { key })).status).toBe(400);
  });
});

describe('an organization', () => {
  test('is made of a slug and a name, read, listed and changed', async () => {
    const { key } = await api.tenant();
    const slug = `acme-${crypto.randomUUID()}`;
    const created = await v1('POST', '/organizations', { key, body: { slug, name: 'Acme' } });
    expect(created.status).toBe(201);
    const { id } = z.looseObject({ id: z.string() }).parse(dataOf(created));
    expect(dataOf(created)).toMatchObject({ slug, name: 'Acme', onboarding_status: 'STARTED' });
    expect(dataOf(await v1('GET', `/organizations/${id}`, { key }))).toEqual(dataOf(created));
    const body = { embed_allowed_origins: ['https://a.example'] };
    const changed = await v1('PATCH', `/organizations/${id}`, { key, body });
    expect(dataOf(changed)).toMatchObject(body);
    expect(dataOf(await v1('GET', '/organizations', { key }))).toHaveLength(2);
    const taken = await v1('POST', '/organizations', { key, body: { slug, name: 'Acme' } });
    expect(errorOf(taken)).toMatchObject({ status: 409, code: 'CONFLICT' });
  });
});

describe('an API key', () => {
  test('is made as the contract has it, listed, changed, rotated and deleted', async () => {
    const { key, orgId } = await api.tenant();
    const body = {
      organization_id: orgId,
      name: 'CI',
      kind: 'pair',
      environment: 'test',
      scopes: ['data-sources:read'],
      expires_at: '2036-01-01T00:00:00Z',
    };
    const created = await v1('POST', '/api-keys', { key, body });
    expect(created.status).toBe(201);
    const Made = z.looseObject({ id: z.string(), key: z.string(), secret: z.string() });
    const made = Made.parse(dataOf(created));
    expect(made).toMatchObject({ environment: 'test', expires_at: '2036-01-01T00:00:00.000Z' });
    const path = `/api-keys/${made.id}`;
    const changed = await v1('PATCH', path, { key, body: { active: false } });
    expect(dataOf(changed)).toMatchObject({ deactivated_at: expect.any(String) });
    expect((await v1('PATCH', path, { key, body: { active: true } })).status).toBe(200);
    const rotated = await v1('POST', `${path}/rotate`, { key, body: { overlap_seconds: 60 } });
    expect(Made.parse(dataOf(rotated)).secret).not.toBe(made.secret);
    expect(dataOf(await v1('GET', '/api-keys', { key }))).toHaveLength(2);
    expect(dataOf(await v1('DELETE', path, { key }))).toEqual({ id: made.id, deleted: true });
  });
});

describe('a name', () => {
  test('in camel case is unknown, and told as it was sent', async () => {
    const { key } = await api.tenant();
    const body = { ...source, displayName: 'Shop' };
    expect(errorOf(await v1('POST', '/data-sources', { key, body }))).toMatchObject({
      status: 400,
      code: 'VALIDATION',
      message: 'displayName: Unknown field',
      details: { field_errors: { displayName: 'Unknown field' } },
    });
  });

  test('in an error is in snake case, also where a reason speaks of another field', async () => {
    const { key } = await api.tenant();
    const wrong = { ...source, display_name: '', max_pool_size: 0 };
    const invalid = errorOf(await v1('POST', '/data-sources', { key, body: wrong }));
    expect(invalid.message).toBe(
      'display_name: Must not be empty; max_pool_size: Must be at least 1',
    );
    expect(
      Object.keys(
        z.object({ field_errors: z.object({}).loose() }).parse(invalid.details).field_errors,
      ),
    ).toEqual(['display_name', 'max_pool_size']);
    const tunnel = { ...source, ssh_enabled: true, ssh_host: 'h', ssh_username: 'u' };
    expect(errorOf(await v1('POST', '/data-sources', { key, body: tunnel }))).toMatchObject({
      message: 'ssh_password: ssh_enabled needs ssh_password or ssh_private_key',
      details: {
        field_errors: { ssh_password: 'ssh_enabled needs ssh_password or ssh_private_key' },
      },
    });
  });
});

describe('a caller who lacks the right', () => {
  test('is told so when it belongs to the organization, and nothing when it does not', async () => {
    const tenant = await api.tenant();
    const { key } = await api.member(tenant, 'MEMBER');
    const path = `/api-keys?organization_id=${tenant.orgId}`;
    expect(errorOf(await v1('GET', path, { key }))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
      message: 'You lack the permission api-keys:read',
      details: { permission: 'api-keys:read' },
    });
    const stranger = await api.tenant();
    expect(errorOf(await v1('GET', path, { key: stranger.key }))).toEqual({
      status: 404,
      code: 'NOT_FOUND',
      message: 'Organization not found',
      details: {},
    });
  });
});

test('a limit that is exceeded says in milliseconds how long to wait', () => {
  const error = new AppError('RATE_LIMITED', 'Too many requests', { retryAfterMs: 1_500 });
  expect(v1Surface.error(error, 'req_1')).toEqual({
    status: 429,
    body: {
      success: false,
      data: null,
      meta: { request_id: 'req_1' },
      error: {
        code: 'RATE_LIMITED',
        message: 'Too many requests',
        details: { retry_after_ms: 1_500 },
      },
    },
  });
});

test('the same input comes to the same data source as on the public surface', async () => {
  const { key, orgId } = await api.tenant();
  const path = `/api/public/organizations/${orgId}/data-sources`;
  const { body } = await api.request('POST', path, { key, body: postgres });
  const { data } = z.object({ data: z.looseObject({ id: z.string() }) }).parse(body);
  const own = z
    .record(z.string(), z.unknown())
    .parse(dataOf(await v1('GET', `/data-sources/${data.id}`, { key })));
  const camel = (name: string) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  expect(
    Object.fromEntries(Object.entries(own).map(([name, value]) => [camel(name), value])),
  ).toEqual(data);
});
