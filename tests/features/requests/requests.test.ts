import { describe, expect, test } from 'vitest';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { dataOf, errorOf, useApi, type RequestOptions } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { countRows, dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

/** Posts a data source in an odd way, and expects that it leaves none. */
async function postOddly(options: Omit<RequestOptions, 'key'>, query = '') {
  const tenant = await api.tenant();
  const path = `${dataSourcesOf(tenant)}${query}`;
  const response = await api.request('POST', path, { key: tenant.key, ...options });
  expect(await countRows(database, 'data_source', tenant.orgId)).toBe(0);
  return errorOf(response);
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const valid = JSON.stringify(postgres);

describe('a body that cannot be read', () => {
  test.each(['{', '{"a":1,}', "{'a':1}", '{"a":1} x', 'undefined', '\u0000', '{"a":NaN}', '[1'])(
    'because it is not JSON (%j) is a ValidationError that says so',
    async (body) => {
      expect(await postOddly({ body })).toEqual({
        status: 400,
        title: 'ValidationError',
        detail: 'The body is not valid JSON',
      });
    },
  );

  test.each(['[]', '"text"', '7', 'null', 'true'])(
    'because it is %s and no object',
    async (body) => {
      expect(await postOddly({ body })).toMatchObject({ status: 400, title: 'ValidationError' });
    },
  );

  test('because it is 33 levels deep, or 100,000, is refused before anything walks it', async () => {
    for (const depth of [33, 100_000]) {
      const body = valid.replace('}', `,"deep":${nested(depth)}}`);
      expect(await postOddly({ body })).toMatchObject({
        status: 400,
        detail: 'body: Nested deeper than 32 levels',
      });
    }
  });

  test('at 31 levels is read, and brackets in text are not levels', async () => {
    expect(
      (await postOddly({ body: valid.replace('}', `,"deep":${nested(31)}}`) })).fieldErrors,
    ).toEqual({ deep: 'Unknown field' });
    const tenant = await api.tenant();
    const response = await api.request('POST', dataSourcesOf(tenant), {
      key: tenant.key,
      body: { ...postgres, displayName: `\\"${'['.repeat(100)}` },
    });
    expect(dataOf(response, DataSource).displayName).toBe(`\\"${'['.repeat(100)}`);
  });

  test('because it is larger than 256 KB is PayloadTooLarge', async () => {
    const body = { ...postgres, description: 'x'.repeat(256 * 1_024) };
    expect(await postOddly({ body })).toMatchObject({ status: 413, title: 'PayloadTooLarge' });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
  ])('because it is %s is UnsupportedMediaType', async (type) => {
    expect(await postOddly({ body: valid, headers: { 'content-type': type } })).toMatchObject({
      status: 415,
      title: 'UnsupportedMediaType',
    });
  });

  test.each([
    { 'content-type': 'application/json; charset=utf-7' },
    { 'content-encoding': 'zstd-or-so' },
  ])('because of %j is UnsupportedMediaType', async (headers) => {
    expect(await postOddly({ body: valid, headers })).toMatchObject({ status: 415 });
  });
});

describe('a field that has no business there', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'])(
    'is refused by its name, also when that is %s',
    async (name) => {
      const body = valid.replace('}', `,"${name}":{"isDemo":true}}`);
      const error = await postOddly({ body });
      expect(error).toMatchObject({ status: 400, title: 'ValidationError' });
      expect(error.detail).toContain(`${name}: Unknown field`);
    },
  );

  test('is refused in the body when its place is the path', async () => {
    const tenant = await api.tenant();
    expect(await postOddly({ body: { ...postgres, orgId: tenant.orgId } })).toMatchObject({
      status: 400,
      fieldErrors: { orgId: 'Unknown field' },
    });
  });

  test('is refused in the query when its place is the body', async () => {
    expect(await postOddly({ body: postgres }, '?dialect=POSTGRES')).toMatchObject({
      status: 400,
      fieldErrors: { dialect: 'Unknown query parameter' },
    });
  });

  test.each([
    ['?limit=1&limit=2', { limit: 'Given more than once' }],
    ['?limit=1&limit=1', { limit: 'Given more than once' }],
    ['?orgId=org_x', { orgId: 'Unknown field' }],
    ['?page=2', { page: 'Unknown field' }],
    ['?limit[]=1', { 'limit[]': 'Unknown field' }],
    ['?cursor=', { cursor: 'Must not be empty' }],
    ['?cursor=%00', { cursor: expect.stringContaining('NUL') }],
  ])('in the query %s is refused', async (query, fieldErrors) => {
    const tenant = await api.tenant();
    const response = await api.request('GET', `${dataSourcesOf(tenant)}${query}`, {
      key: tenant.key,
    });
    const error = errorOf(response);
    expect(error).toMatchObject({ status: 400, title: 'ValidationError', fieldErrors });
    expect(error.detail).toContain(Object.keys(fieldErrors)[0]);
  });

  test('is refused in the query also when it is called __proto__', async () => {
    const { key } = await api.tenant();
    const path = '/api/public/organizations?__proto__=1';
    expect(errorOf(await api.request('GET', path, { key })).detail).toBe(
      '__proto__: Unknown field',
    );
  });

  test('is named together with the nineteen before it, and no more are spelled out', async () => {
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
    const { detail } = await postOddly({ body: { ...postgres, ...fields } });
    expect(detail.split('; ')).toHaveLength(20);
  });
});

describe('a path', () => {
  test.each(['/api/public/nothing', '/api/public', '/api/public/organizations/x/y/z', '/nothing'])(
    'that leads nowhere (%s) is NotFound, in JSON',
    async (path) => {
      const response = await api.request('GET', path);
      expect(response.status).toBe(404);
      expect(errorOf(response).detail).toBe('Route not found');
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    },
  );

  test.each([
    ['DELETE', '', 'POST, GET'],
    ['PUT', '/ds_x', 'GET, PATCH, DELETE'],
    ['POST', '/ds_x', 'GET, PATCH, DELETE'],
    ['GET', '/ds_x/sync', 'POST'],
    ['PATCH', '/ds_x/health', 'GET'],
  ])('that does not answer to %s (%s) says to what it does', async (method, below, allow) => {
    const tenant = await api.tenant();
    const response = await api.request(method, `${dataSourcesOf(tenant)}${below}`, {
      key: tenant.key,
    });
    expect(errorOf(response)).toMatchObject({ status: 405, title: 'MethodNotAllowed' });
    expect(response.headers.get('allow')).toBe(allow);
  });

  test('with a broken escape is a ValidationError', async () => {
    const { key } = await api.tenant();
    const response = await api.request('GET', '/api/public/organizations/%E0%A4%A', { key });
    expect(errorOf(response)).toMatchObject({ status: 400, title: 'ValidationError' });
  });

  test.each(['%00', '%ED%A0%80', 'a'.repeat(101), "'%20or%201=1--", '..%2f..'])(
    'with an id that cannot be (%s) is refused or not found, and never an error of ours',
    async (id) => {
      const { key } = await api.tenant();
      const response = await api.request('GET', `/api/public/organizations/${id}`, { key });
      expect([400, 404]).toContain(response.status);
    },
  );
});

describe('every answer', () => {
  test('carries the id of its request, and a new one each time', async () => {
    const { key } = await api.tenant();
    const paths = ['/api/public/organizations', '/api/public/nothing', '/api/healthz', '/nothing'];
    const ids = await Promise.all(
      paths.map(async (path) => {
        const { headers } = await api.request('GET', path, { key });
        return headers.get('x-request-id');
      }),
    );
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(paths.length);
    const logged = api.logs.join('');
    for (const id of ids) expect(logged).toContain(id);
  });

  test('says nothing of what it is made of', async () => {
    const { headers } = await api.request('GET', '/api/healthz');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});
