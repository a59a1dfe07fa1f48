import { describe, expect, test } from 'vitest';
import { countRows, postgres } from '../features/fixtures.ts';
import { useApi, type RequestOptions } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';

// What is wrong with a request is told in the shape of the surface, and leaves nothing behind.

const database = useDatabase();
const api = useApi(database);

const { displayName, ...others } = postgres;

interface Expected {
  readonly status: number;
  /** As v1 calls it. */
  readonly code: string;
  /** As keyed calls it. */
  readonly error: string;
  readonly message: string;
}

interface Dialect {
  readonly path: string;
  readonly valid: object;
  readonly shape: (expected: Expected) => object;
}

const dialects: Record<'v1' | 'keyed', Dialect> = {
  v1: {
    path: '/api/v1/data-sources',
    valid: { ...others, display_name: displayName },
    shape: ({ code, message }) => ({
      success: false,
      data: null,
      meta: { request_id: expect.stringMatching(/^req_/) },
      error: { code, message, details: expect.any(Object) },
    }),
  },
  keyed: {
    path: '/api/data-sources',
    valid: postgres,
    shape: ({ error, message }) => ({ error, message }),
  },
};

const invalid = { status: 400, code: 'VALIDATION', error: 'Validation failed' };
const unsupported = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  error: 'Unsupported media type',
};
const notFound = { status: 404, code: 'NOT_FOUND', error: 'Not found' };
const notAllowed = { status: 405, code: 'METHOD_NOT_ALLOWED', error: 'Method not allowed' };

interface Case {
  readonly what: string;
  readonly method?: string;
  readonly below?: string;
  readonly send?: (valid: object) => Pick<RequestOptions, 'body' | 'headers'>;
  readonly expected: Expected;
}

const cases: Case[] = [
  {
    what: 'a body that is not JSON',
    send: () => ({ body: '{"a":' }),
    expected: { ...invalid, message: 'The body is not valid JSON' },
  },
  {
    what: 'a body that is no object',
    send: () => ({ body: [1] }),
    expected: { ...invalid, message: 'body: Must be a JSON object' },
  },
  {
    what: 'a body of another type',
    send: () => ({ body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    expected: { ...unsupported, message: 'The body must be application/json' },
  },
  {
    what: 'a body that is too large',
    send: (valid) => ({ body: { ...valid, description: 'x'.repeat(256 * 1_024) } }),
    expected: {
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      error: 'Payload too large',
      message: 'The body is larger than 256 KB',
    },
  },
  {
    what: 'a body that is too deep',
    send: () => ({ body: `${'['.repeat(33)}${']'.repeat(33)}` }),
    expected: { ...invalid, message: 'body: Nested deeper than 32 levels' },
  },
  {
    what: 'an unknown field',
    send: (valid) => ({ body: { ...valid, hots: 'x' } }),
    expected: { ...invalid, message: 'hots: Unknown field' },
  },
  {
    what: 'a field called __proto__',
    send: () => ({ body: '{"__proto__":{}}' }),
    expected: { ...invalid, message: '__proto__: Unknown field' },
  },
  {
    what: 'NUL in a text',
    send: (valid) => ({ body: { ...valid, host: 'a\0b' } }),
    expected: {
      ...invalid,
      message: 'host: Must not contain NUL or unpaired surrogate characters',
    },
  },
  {
    what: 'a value of another type',
    send: (valid) => ({ body: { ...valid, port: '5432' } }),
    expected: { ...invalid, message: 'port: Must be a number' },
  },
  {
    what: 'a query where there is a body',
    below: '?dialect=POSTGRES',
    send: (valid) => ({ body: valid }),
    expected: { ...invalid, message: 'dialect: Unknown query parameter' },
  },
  {
    what: 'an id with NUL',
    method: 'GET',
    below: '/%00',
    expected: { ...invalid, message: 'id: Must not contain NUL or unpaired surrogate characters' },
  },
  {
    what: 'an unknown route',
    method: 'GET',
    below: '/x/y/z',
    expected: { ...notFound, message: 'Route not found' },
  },
  {
    what: 'a broken escape',
    method: 'GET',
    below: '/%E0%A4%A',
    expected: { ...invalid, message: 'The request could not be read' },
  },
  {
    what: 'a method that the path does not have',
    method: 'PUT',
    expected: { ...notAllowed, message: 'This path answers to POST, GET' },
  },
];

describe.each(Object.entries(dialects))('on the %s surface', (_, { path, valid, shape }) => {
  test.each(cases)(
    '$what is refused, and nothing is stored',
    async ({ method = 'POST', below = '', send, expected }) => {
      const tenant = await api.tenant();
      const { key } = tenant;
      const sent = send?.(valid) ?? {};
      const response = await api.request(method, `${path}${below}`, { key, ...sent });
      expect(response.body).toEqual(shape(expected));
      expect(response.status).toBe(expected.status);
      expect(await countRows(database, 'data_source', tenant.orgId)).toBe(0);
    },
  );

  test('a method that the path does not have is answered with those that it has', async () => {
    const tenant = await api.tenant();
    const { headers } = await api.request('PUT', path, { key: tenant.key });
    expect(headers.get('allow')).toBe('POST, GET');
  });

  test('what is right is taken, so that each refusal above has the one reason', async () => {
    const tenant = await api.tenant();
    const { status } = await api.request('POST', path, { key: tenant.key, body: valid });
    expect(status).toBe(201);
  });
});
