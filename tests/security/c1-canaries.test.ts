import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretFields } from '../../shared/connection.ts';
import { startSqlServer } from '../stand-ins/sql-server/server.ts';
import { useEmptyDatabase } from '../support/database.ts';
import { run } from '../support/processes/processes.ts';
import { canaryCore, canaryOf, findCanaries, spellingsOf } from './support/find-canaries.ts';
import { clusterFiles, hitsIn, logsOf, processFiles, tableRows } from './support/places.ts';
import { owner, startProduct, type Product } from './support/product.ts';

// C1 of the security programme, for PostgreSQL: no secret that ever came in stands anywhere in clear.

/** The customer's database, on another server than the product's. */
const source = useEmptyDatabase('canaries');
const role = `reader_${process.pid}`;
const bodies: string[] = [];
let product: Product;

beforeAll(async () => {
  product = await startProduct();
  await source.pool.query(`create role ${role} login password ${pg.escapeLiteral(password)}`);
  await source.pool.query('create table orders (id integer primary key)');
});
afterAll(async () => {
  await product.close();
  await source.pool.query(`drop role if exists ${role}`);
});

/** A secret for every field there is, each its own. */
const secretsOf = (step: string) =>
  Object.fromEntries(secretFields.map((field) => [field, canaryOf(step, field)]));

const password = canaryOf('accepted', 'password');

const connection = () => {
  const { hostname, port } = new URL(source.url);
  return {
    dialect: 'POSTGRES',
    host: hostname,
    port: Number(port),
    username: role,
    databaseName: source.name,
    sslEnabled: false,
  };
};

async function send(method: string, path: string, body?: unknown, headers = {}) {
  const response = await fetch(`${product.api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${product.key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  bodies.push(`${JSON.stringify([...response.headers])}\n${text}`);
  return { status: response.status, data: (JSON.parse(text) as { data?: { id?: string } }).data };
}

/** A call whose answer is not yet among those that are searched. */
async function call(path: string, { key, body }: { key: string; body: unknown }) {
  const response = await fetch(`${product.api.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const headers = JSON.stringify([...response.headers]);
  return { status: response.status, headers, text: await response.text() };
}

const at = (path = '') => `/api/public/organizations/${product.orgId}/data-sources${path}`;

async function create(secrets: object, change: object = {}) {
  const body = { type: 'direct', displayName: 'Shop', ...connection(), ...secrets, ...change };
  const { status, data } = await send('POST', at(), body);
  return { status, id: data?.id ?? '' };
}

async function untilSync(id: string, wanted: string): Promise<void> {
  for (let waits = 0; waits < 600; waits += 1) {
    const { data } = await send('GET', at(`/${id}`));
    if (data && 'lastSyncStatus' in data && data.lastSyncStatus === wanted) return;
    await delay(50);
  }
  throw new Error(`${id} did not become ${wanted}`);
}

async function asOperator(statement: string): Promise<void> {
  const client = new pg.Client(product.postgres.url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Has PostgreSQL refuse rows of a table while `work` runs. */
async function refusing(table: string, work: () => Promise<void>): Promise<void> {
  await asOperator(`alter table ${table} add constraint refused check (false) not valid`);
  await work();
  await asOperator(`alter table ${table} drop constraint refused`);
}

describe('secrets go through the product', () => {
  test('in a creation whose sync works', async () => {
    const { status, id } = await create({ ...secretsOf('accepted') });
    expect(status).toBe(201);
    await untilSync(id, 'SUCCESS');
    for (const path of ['', '/health', '/syncs', '/tables'])
      expect((await send('GET', at(`/${id}${path}`))).status).toBe(200);
    expect((await send('POST', at(`/${id}/sync`))).status).toBe(202);
    expect((await send('DELETE', at(`/${id}`))).status).toBe(200);
  });

  test('in a creation of SQL_SERVER, whose driver is another one', async () => {
    const reader = { user: 'reader', password: canaryOf('tds', 'password') };
    const table = { schema: 'dbo', name: 'orders', type: 'U', comment: null, rows: '1' };
    const tables = [{ ...table, columns: [] }];
    const rest = { database: 'Shop', tables, signIns: [], cancelled: 0 };
    const server = await startSqlServer({ ...reader, ...rest });
    const { status, id } = await create(secretsOf('tds'), {
      ...{ dialect: 'SQL_SERVER', host: '127.0.0.1', port: server.port, username: reader.user },
      ...{ databaseName: 'Shop', password: reader.password },
    });
    expect(status).toBe(201);
    await untilSync(id, 'SUCCESS');
    expect((await send('GET', at(`/${id}/tables`))).status).toBe(200);
    expect(bodies.at(-1)).toContain('"orders"');
    await server.close();
  });

  test('in a creation whose sync fails, and in an update', async () => {
    const { status, id } = await create(secretsOf('wrong'));
    expect(status).toBe(201);
    await untilSync(id, 'FAILED');
    expect((await send('PATCH', at(`/${id}`), secretsOf('updated'))).status).toBe(200);
    await untilSync(id, 'FAILED');
    // Stays: the envelopes are there when the tables are searched.
  });

  test('in verifications, of the right and of a wrong password', async () => {
    const verify = (secrets: object, change = {}) =>
      send('POST', at('/verify'), { ...connection(), ...secrets, ...change });
    expect((await verify({ ...secretsOf('verified'), password })).status).toBe(200);
    expect((await verify(secretsOf('unverified'))).status).toBe(400);
    expect((await verify(secretsOf('nowhere'), { host: 'no.such.host.invalid' })).status).toBe(400);
    expect((await verify(secretsOf('refused'), { port: 1 })).status).toBe(400);
  });

  test('in a reveal: to whoever asked, and to nobody else', async () => {
    const { id } = await create(secretsOf('revealed'));
    const { key } = product;
    const signedIn = await call('/trpc/auth.login', { key, body: owner });
    const token = /"accessToken":"([^"]+)"/.exec(signedIn.text)?.[1] ?? '';
    const wanted = { orgId: product.orgId, id: id.replace('ds_', 'crd_'), reason: 'a test' };
    const answer = await call('/trpc/credentials.reveal', { key: token, body: wanted });
    expect(answer.status, answer.text).toBe(200);
    for (const field of secretFields)
      expect(answer.text).toContain(JSON.stringify(canaryOf('revealed', field)).slice(1, -1));
    // The body of a reveal is the one place where a secret belongs; its headers are not.
    bodies.push(answer.headers);
    const denied = await call('/trpc/credentials.reveal', { key, body: wanted });
    expect(denied.status).toBe(403);
    bodies.push(denied.headers + denied.text);
  });

  // Refused by their connectors before anything is opened: there is nothing of theirs to reach here.
  const services: [dialect: string, fields: object][] = [
    ['ATHENA', { host: 'eu-central-1', athenaWorkgroup: 'primary' }],
    ['BIGQUERY', { bigQueryProjectId: 'canary-project' }],
    [
      'SPANNER',
      { bigQueryProjectId: 'canary-project', spannerInstanceId: 'main', databaseName: 'shop' },
    ],
  ];
  test.each(services)('in data sources and verifications of %s', async (dialect, fields) => {
    const step = dialect.toLowerCase();
    const service = { ...fields, dialect };
    const { status, id } = await create(secretsOf(`${step}-wrong`), service);
    expect(status).toBe(201);
    await untilSync(id, 'FAILED');
    expect((await send('PATCH', at(`/${id}`), secretsOf(`${step}-updated`))).status).toBe(200);
    await untilSync(id, 'FAILED');
    expect((await send('GET', at(`/${id}/health`))).status).toBe(200);
    const draft = { ...connection(), ...service, ...secretsOf(`${step}-unverified`) };
    expect((await send('POST', at('/verify'), draft)).status).toBe(400);
  });

  test('in requests that are refused', async () => {
    const { id } = await create({ password: canaryOf('kept', 'password') });
    const secrets = secretsOf('invalid');
    const refused = [
      await create(secrets, { unknownField: 1 }),
      await create(secrets, { dialect: 'NO_SUCH_DIALECT' }),
      await create(secrets, { host: 'a b' }),
      await create({ password: [canaryOf('array', 'password')] }),
      await create({ password: { value: canaryOf('object', 'password') } }),
      await create({ password: `${canaryOf('nul', 'password')}\0` }),
      await create({ password: canaryOf('long', 'password').repeat(2_000) }),
      await send('PATCH', at(`/${id}`), { ...secrets, unsetPassword: true }),
      await send('PATCH', at('/ds_unknown'), secrets),
      await send('PATCH', at(`/${id}`), { ...secrets, host: '-' }),
      await send('POST', at(), `{"password":"${canaryCore}`),
      await send('POST', at(`?password=${canaryCore}`), secrets),
      await send('GET', at(`/${id}?password=${canaryCore}`)),
      await send('GET', `/trpc/dataSources.create?input={"password":"${canaryCore}"}`),
      await send('POST', '/trpc/dataSources.create', { ...secrets, orgId: product.orgId }),
      await send('GET', at(), undefined, {
        authorization: `Bearer bd_key_${canaryCore}${canaryCore}`,
      }),
      await send('GET', at(), undefined, { authorization: `Basic ${btoa(canaryCore)}` }),
    ];
    for (const { status } of refused) expect([400, 401, 404, 405, 413]).toContain(status);
  });

  test('in statements that PostgreSQL refuses, which its log quotes', async () => {
    const { id } = await create({ password: canaryOf('before', 'password') });
    const failing = async () => {
      expect((await create(secretsOf('failed'))).status).toBe(500);
      expect((await send('PATCH', at(`/${id}`), secretsOf('failed'))).status).toBe(500);
      const body = { ...connection(), ...secretsOf('failed') };
      expect((await send('POST', at('/verify'), body)).status).toBe(500);
    };
    await refusing('secret_envelope', failing);
    await refusing('audit_event', failing);
    await refusing('data_source', async () => {
      expect((await create(secretsOf('failed'))).status).toBe(500);
    });
  });
});

const places = async () => [
  ...(await tableRows(product.postgres.url)),
  ...(await clusterFiles(product.postgres.url, product.dataDir)),
  logsOf('API', product.api),
  logsOf('worker', product.worker),
  ...(await processFiles('API', product.api.pid)),
  ...(await processFiles('worker', product.worker.pid)),
  ...(await processFiles('PostgreSQL', product.postgres.pid)),
  ['HTTP answers', Buffer.from(bodies.join('\n'))] as const,
];

test('and stand nowhere in clear, in any spelling', async () => {
  const searched = await places();
  const sizeOf = (name: RegExp) =>
    searched
      .filter(([place]) => name.test(place))
      .reduce((sum, [, bytes]) => sum + bytes.length, 0);
  // Nothing was searched in vain: each place holds what the acts above must have left there.
  expect(sizeOf(/table public\.secret_envelope/)).toBeGreaterThan(1_000);
  expect(sizeOf(/table pgboss\.job/)).toBeGreaterThan(1_000);
  expect(sizeOf(/table public\.audit_event/)).toBeGreaterThan(1_000);
  expect(sizeOf(/pg_wal/)).toBeGreaterThan(1_000_000);
  expect(sizeOf(/postgres\.log/)).toBeGreaterThan(100_000);
  expect(sizeOf(/log of API/)).toBeGreaterThan(1_000);
  expect(sizeOf(/log of worker/)).toBeGreaterThan(300);
  expect(hitsIn(searched)).toEqual([]);
  // The key that all of this was done with is as secret as the rest.
  const { key } = product;
  expect(searched.filter(([, bytes]) => bytes.includes(key)).map(([name]) => name)).toEqual([]);
});

describe('the search would have found it', () => {
  test('in tables, files, WAL, PostgreSQL log and HTTP answers', async () => {
    await send('PATCH', `/api/public/organizations/${product.orgId}`, {
      customAiContext: canaryOf('planted', 'context'),
    });
    await asOperator(
      `update pgboss.job set output = to_jsonb('${canaryCore}'::text) where name = 'sync-schema'`,
    );
    const found = hitsIn(await places()).join('\n');
    for (const place of [
      /table public\.organization: raw/,
      /table pgboss\.job: raw/,
      /file .*\/base\/.*: raw/,
      /file .*\/pg_wal\/.*: raw/,
      /file .*\/postgres\.log: raw/,
      /HTTP answers: raw/,
    ])
      expect(found).toMatch(place);
  });

  test('in logs and environments of processes', async () => {
    const careless = run('console.log(process.env.PLANTED); setInterval(() => {}, 1000)', {
      PLANTED: canaryOf('planted', 'environment'),
    });
    try {
      await expect.poll(() => hitsIn([logsOf('it', careless)])).not.toEqual([]);
      const found = hitsIn(await processFiles('it', careless.pid));
      expect(found.join()).toContain('/proc of it: environ: raw');
    } finally {
      await careless.end('SIGKILL');
    }
  });

  test.each([...spellingsOf(canaryCore).keys()])('as %s, at any place in a text', (spelling) => {
    const secret = canaryOf('step', 'field');
    for (const lead of ['', 'a', 'ab', 'abc']) {
      const spelt = spellText(spelling, `${lead}${secret}`);
      expect(findCanaries(Buffer.concat([Buffer.alloc(7), spelt]))).not.toEqual([]);
    }
  });
});

/** A whole text in one spelling, written independently of what the search looks for. */
function spellText(spelling: string, text: string): Buffer {
  if (spelling.startsWith('base64url')) return Buffer.from(Buffer.from(text).toString('base64url'));
  if (spelling.startsWith('base64')) return Buffer.from(Buffer.from(text).toString('base64'));
  return spellingsOf(text).get(spelling) ?? Buffer.alloc(0);
}
