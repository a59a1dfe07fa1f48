import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useEmptyDatabase } from '../support/database.ts';
import { startCanary, type Canary } from '../support/canary.ts';
import { startProduct, type Product } from './support/product.ts';

// C3 of the security programme, with a worker: a host that a secret was not meant for hears nothing.

const source = useEmptyDatabase('destination');
const role = `destination_${process.pid}`;
const password = 'the right password';
let product: Product;
let stranger: Canary;

beforeAll(async () => {
  stranger = await startCanary();
  product = await startProduct();
  await source.pool.query(`create role ${role} login password ${pg.escapeLiteral(password)}`);
});
afterAll(async () => {
  await product.close();
  await stranger.close();
  await source.pool.query(`drop role if exists ${role}`);
});

async function call(method: string, path: string, body?: object) {
  const base = `/api/public/organizations/${product.orgId}/data-sources`;
  const response = await fetch(`${product.api.url}${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${product.key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { data } = (await response.json()) as { data?: Record<string, unknown> };
  return { status: response.status, data: data ?? {} };
}

async function create(): Promise<string> {
  const { port } = new URL(source.url);
  const { status, data } = await call('POST', '', {
    type: 'direct',
    dialect: 'POSTGRES',
    displayName: 'Shop',
    host: 'localhost',
    port: Number(port),
    username: role,
    databaseName: source.name,
    sslEnabled: false,
    password,
  });
  expect(status).toBe(201);
  await untilSynced(String(data['id']), 'SUCCESS');
  return String(data['id']);
}

async function untilSynced(id: string, wanted: string): Promise<Record<string, unknown>> {
  for (let waits = 0; waits < 400; waits += 1) {
    const { data } = await call('GET', `/${id}`);
    if (data['lastSyncStatus'] === wanted) return data;
    await delay(50);
  }
  const { data } = await call('GET', `/${id}`);
  throw new Error(`${id} did not become ${wanted}: ${JSON.stringify(data)}`);
}

test('an update to a stranger is refused, and the worker goes on with the right host', async () => {
  const id = await create();
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST.']) {
    expect((await call('PATCH', `/${id}`, { host, port: stranger.port })).status).toBe(400);
  }
  expect((await call('POST', `/${id}/sync`)).status).toBe(202);
  await untilSynced(id, 'SUCCESS');
  expect(stranger.connections).toBe(0);
});

test('a change of case is no change of destination: the worker still opens the secret', async () => {
  const id = await create();
  expect((await call('PATCH', `/${id}`, { host: 'LocalHost' })).status).toBe(200);
  await untilSynced(id, 'SUCCESS');
});

test('a row pointed to a stranger in the database itself: nothing sent, a security event', async () => {
  const id = await create();
  const client = new pg.Client(product.postgres.url);
  await client.connect();
  try {
    await client.query(
      `update data_source set connection = connection || jsonb_build_object('port', $2::int) where id = $1`,
      [id, stranger.port],
    );
    expect((await call('POST', `/${id}/sync`)).status).toBe(202);
    await untilSynced(id, 'FAILED');
    const { rows } = await client.query(
      `select action from audit_event where target_id = $1 and action like 'security.%'`,
      [id],
    );
    expect(rows).toContainEqual({ action: 'security.envelope_refused' });
    const { rows: dead } = await client.query(
      `select name from pgboss.job where name like '%-dead' and data->>'dataSourceId' = $1`,
      [id],
    );
    expect(dead).toContainEqual({ name: 'sync-schema-dead' });
  } finally {
    await client.end();
  }
  expect(stranger.connections).toBe(0);
});

// Last: it shows that the stranger would have heard of it.
test('with the secret sent again the worker does go there', async () => {
  const id = await create();
  const { status } = await call('PATCH', `/${id}`, { port: stranger.port, password });
  expect(status).toBe(200);
  await expect.poll(() => stranger.received.length, { timeout: 20_000 }).toBeGreaterThan(0);
});
