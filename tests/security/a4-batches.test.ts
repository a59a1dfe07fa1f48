import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { digestTables } from './support/digest.ts';
import { sendSlab } from './support/raw-request.ts';

// A4 of the security programme: one request does a bounded amount of work.

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await api.tenant('Batches');
});

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** A batch of mutations that each would leave an organization and an audit event. */
async function batchOf(count: number, path = 'organizations.create') {
  const inputs = Object.fromEntries(repeat(count, 0).map((_, i) => [i, { name: `Batch ${i}` }]));
  return api.request('POST', `/trpc/${repeat(count, path).join(',')}?batch=1`, {
    key: tenant.key,
    body: inputs,
  });
}

async function organizationsMade(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int from organization where name like 'Batch %'`,
  );
  return rows[0]?.count ?? -1;
}

describe('a batch', () => {
  test('of ten runs', async () => {
    const { status, body } = await batchOf(10);
    expect(status).toBe(200);
    expect(body).toHaveLength(10);
    expect(await organizationsMade()).toBe(10);
  });

  test.each([11, 12, 100, 500])(
    'of %i is refused whole: 400, and nothing of it runs',
    async (count) => {
      const before = await digestTables(database.pool);
      const { status } = await batchOf(count);
      expect(status).toBe(400);
      expect(await digestTables(database.pool)).toEqual(before);
    },
  );

  test('of eleven queries is refused, in a GET as in a POST', async () => {
    const path = `/trpc/${repeat(11, 'organizations.list').join(',')}?batch=1&input=%7B%7D`;
    expect((await api.request('GET', path, { key: tenant.key })).status).toBe(400);
  });

  // 8,000 names fit into the 16 KB that Node reads of a request's head only when they are short.
  test.each([
    ['without names', ','.repeat(7_999)],
    ['of one letter', repeat(8_000, 'a').join(',')],
  ])('of 8,000 calls %s is refused: 400, in less than a second', async (_, names) => {
    const before = await digestTables(database.pool);
    for (const method of ['GET', 'POST']) {
      const startedAt = performance.now();
      const { status, body } = await api.request(method, `/trpc/${names}?batch=1`, {
        key: tenant.key,
        ...(method === 'POST' ? { body: {} } : {}),
      });
      expect(status).toBe(400);
      expect(JSON.stringify(body).length).toBeLessThan(2_000);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
    expect(await digestTables(database.pool)).toEqual(before);
  });

  test('that holds a sign-in is refused whole, before a password is looked at', async () => {
    const before = await digestTables(database.pool);
    const guesses = 'auth.login,organizations.create,auth.login';
    const body = {
      0: { email: 'nobody@example.com', password: 'guess' },
      1: { name: 'beside a guess' },
      2: { email: 'nobody@example.com', password: 'another' },
    };
    const answer = await api.request('POST', `/trpc/${guesses}?batch=1`, { key: tenant.key, body });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('not taken in a batch');
    expect(await digestTables(database.pool)).toEqual(before);
  });

  test('of 8,000 real names does not fit into a request: 431', async () => {
    const before = await digestTables(database.pool);
    const response = await fetch(
      `${api.url}/trpc/${repeat(8_000, 'organizations.create').join(',')}?batch=1`,
      { method: 'POST', headers: { authorization: `Bearer ${tenant.key}` }, body: '{}' },
    );
    expect(response.status).toBe(431);
    expect(await digestTables(database.pool)).toEqual(before);
  });

  test('is not made by commas without batch=1', async () => {
    const before = await digestTables(database.pool);
    const path = `/trpc/${repeat(11, 'organizations.create').join(',')}`;
    const { status } = await api.request('POST', path, { key: tenant.key, body: { name: 'x' } });
    expect(status).toBe(404);
    expect(await digestTables(database.pool)).toEqual(before);
  });
});

const megabytes = (count: number): number => count * 1_024 * 1_024;

describe('a body of 50 MB is refused before it is read', () => {
  // What the client could send says how much the kernel buffers; this is what the server took in.
  let last: Socket | undefined;
  const onRequest = (message: unknown): void => {
    last = z.object({ socket: z.instanceof(Socket) }).parse(message).socket;
  };
  beforeAll(() => subscribe('http.server.request.start', onRequest));
  afterAll(() => void unsubscribe('http.server.request.start', onRequest));
  const serverRead = (): number => {
    if (!last) throw new Error('no request came');
    return last.bytesRead;
  };

  const paths = ['/trpc/organizations.create', '/api/public/organizations'];
  const chunk = Buffer.alloc(65_536, '"');
  const chunked = Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]);
  const cases = paths.flatMap((path) =>
    [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
      'application/json-seq',
    ].flatMap((type) => [true, false].map((isSized) => [path, type, isSized] as const)),
  );

  test.each(cases)('%s as %s, length given: %s', async (path, type, isSized) => {
    const before = await digestTables(database.pool);
    const answer = await sendSlab(
      api.url,
      [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${tenant.key}`,
        `Content-Type: ${type}`,
        isSized ? `Content-Length: ${megabytes(50)}` : 'Transfer-Encoding: chunked',
      ],
      isSized
        ? { totalBytes: megabytes(50), chunk }
        : { totalBytes: megabytes(50), chunk: chunked, end: '0\r\n\r\n' },
    );
    expect([400, 413, 415]).toContain(answer.status);
    expect(serverRead()).toBeLessThan(megabytes(8));
    expect(answer.grownBytes).toBeLessThan(megabytes(32));
    expect(await digestTables(database.pool)).toEqual(before);
  });

  test.each(paths)('%s, when 50 MB come out of 50 KB', async (path) => {
    const startBytes = process.memoryUsage().rss;
    const bomb = gzipSync(Buffer.alloc(megabytes(50), ' '));
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tenant.key}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: bomb,
    });
    expect(response.status).toBe(413);
    // 50 MB are our own, to make the bomb.
    expect(process.memoryUsage().rss - startBytes).toBeLessThan(megabytes(50 + 32));
  });

  test.each(paths)('%s: 256 KB are the border', async (path) => {
    const fill = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`;
    const small = await api.request('POST', path, { key: tenant.key, body: fill(262_144) });
    const large = await api.request('POST', path, { key: tenant.key, body: fill(262_145) });
    expect([small.status, large.status]).toEqual([400, 413]);
    const { error } = large.body as { error: { title: string; data: { errorCode: string } } };
    if (path.startsWith('/trpc')) expect(error.data.errorCode).toBe('PAYLOAD_TOO_LARGE');
    else expect(error.title).toBe('PayloadTooLarge');
  });
});

describe('a body nested deeper than 32 levels is refused before anything walks through it', () => {
  const nested = (depth: number, open = '[', close = ']') =>
    open.repeat(depth) + close.repeat(depth);
  const bodies: [string, string][] = [
    ['33 arrays', nested(33)],
    ['33 objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
    ['33 below a field', `{"name":${nested(32)}}`],
    ['50,000 arrays', nested(50_000)],
    ['50,000 that never end', '['.repeat(50_000)],
  ];
  const types = ['application/json', 'application/json; charset=utf-8', 'application/json-seq'];

  test.each(bodies)('%s', async (_, body) => {
    for (const type of types) {
      for (const path of ['/trpc/organizations.create', '/api/public/organizations']) {
        const answer = await api.request('POST', path, {
          key: tenant.key,
          body,
          headers: { 'content-type': type },
        });
        const isRead = type !== 'application/json-seq';
        expect(answer.status, `${type} ${path}`).toBe(isRead ? 400 : 415);
        if (isRead) expect(JSON.stringify(answer.body)).toContain('deeper than 32');
      }
    }
  });

  test('brackets in a string are no depth', async () => {
    const body = { name: `Batch ${'['.repeat(100)}` };
    const answer = await api.request('POST', '/api/public/organizations', {
      key: tenant.key,
      body,
    });
    expect(answer.status).toBe(201);
  });

  test('in the query of a GET too', async () => {
    for (const input of [nested(33), '['.repeat(15_000), `{"limit":${nested(40)}}`]) {
      const path = `/trpc/organizations.list?input=${input}`;
      const { status, body } = await api.request('GET', path, { key: tenant.key });
      expect(status).toBe(400);
      expect(JSON.stringify(body)).toContain('deeper than 32');
    }
  });
});

test('a path that cannot be read is answered 400, in the shape of its surface', async () => {
  const answer = await api.request('GET', '/api/public/organizations/%zz', { key: tenant.key });
  expect(answer).toMatchObject({ status: 400, body: { error: { title: 'ValidationError' } } });
});

describe('a GET with a long input', () => {
  test.each([1_000, 8_000, 15_000])('of %i bytes is answered 400', async (length) => {
    const input = encodeURIComponent(JSON.stringify({ cursor: 'x'.repeat(length) }));
    const path = `/trpc/organizations.list?input=${input}`;
    expect((await api.request('GET', path, { key: tenant.key })).status).toBe(400);
  });

  test('of 20 KB is refused by the reader of heads: 431', async () => {
    const response = await fetch(`${api.url}/trpc/organizations.list?input=${'1'.repeat(20_000)}`);
    expect(response.status).toBe(431);
  });
});
