import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretFields } from '../../../shared/connection.ts';
import { canMakeCertificates, type Identity, makeAuthority } from '../../support/certificates.ts';
import { CanaryClient, secretsOf } from './canary-client.ts';
import { type CanaryDialect, canaryDialects } from './dialects.ts';
import { echoes } from './echoes.ts';
import { otherWires } from './other-wires.ts';
import { useEmptyDatabase } from '../../support/database.ts';
import { run } from '../../support/processes/processes.ts';
import { canaryCore, canaryOf, findCanaries, spellingsOf } from '../support/find-canaries.ts';
import { clusterFiles, hitsIn, logsOf, processFiles, tableRows } from '../support/places.ts';
import { owner, startProduct, type Product } from '../support/product.ts';

// C1 of the security programme, for PostgreSQL: no secret that ever came in stands anywhere in clear.

/** The customer's database, on another server than the product's. */
const source = useEmptyDatabase('canaries');
const role = `reader_${process.pid}`;
let product: Product;
let client: CanaryClient;

beforeAll(async () => {
  product = await startProduct();
  client = new CanaryClient(product, connection());
  await source.pool.query(`create role ${role} login password ${pg.escapeLiteral(password)}`);
  await source.pool.query('create table orders (id integer primary key)');
});
afterAll(async () => {
  await product.close();
  await source.pool.query(`drop role if exists ${role}`);
});

const password = canaryOf('accepted', 'password');
const authority = canMakeCertificates() ? makeAuthority() : null;
const identity = (): Identity => {
  if (!authority) throw new Error('Without openssl there are no certificates');
  return authority.sign({ names: 'DNS:localhost,IP:127.0.0.1' });
};
const dialects: { readonly [dialect: string]: CanaryDialect } = canaryDialects;

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
    const { status, id } = await client.create({ ...secretsOf('accepted') });
    expect(status).toBe(201);
    await client.untilSync(id, 'SUCCESS');
    for (const path of ['', '/health', '/syncs', '/tables'])
      expect((await client.send('GET', client.at(`/${id}${path}`))).status).toBe(200);
    expect((await client.send('POST', client.at(`/${id}/sync`))).status).toBe(202);
    expect((await client.send('DELETE', client.at(`/${id}`))).status).toBe(200);
  });

  test.each(otherWires)('in a creation of $dialect, over its own wire', async (wire) => {
    const { dialect, databaseName } = wire;
    const secrets = secretsOf(dialect);
    const server = await wire.start(canaryOf(dialect, 'password'));
    const { status, id } = await client.create(secrets, {
      ...{ dialect, databaseName, host: '127.0.0.1', port: server.port, username: 'reader' },
    });
    expect(status).toBe(201);
    await client.untilSync(id, 'SUCCESS');
    expect((await client.send('GET', client.at(`/${id}/tables`))).status).toBe(200);
    expect(client.answers.at(-1)).toContain('"orders"');
    await server.close();
  });

  test('in a creation whose sync fails, and in an update', async () => {
    const { status, id } = await client.create(secretsOf('wrong'));
    expect(status).toBe(201);
    await client.untilSync(id, 'FAILED');
    expect((await client.send('PATCH', client.at(`/${id}`), secretsOf('updated'))).status).toBe(
      200,
    );
    await client.untilSync(id, 'FAILED');
    // Stays: the envelopes are there when the tables are searched.
  });

  test('in verifications, of the right and of a wrong password', async () => {
    expect((await client.verify({ ...secretsOf('verified'), password })).status).toBe(200);
    expect((await client.verify(secretsOf('unverified'))).status).toBe(400);
    expect(
      (await client.verify(secretsOf('nowhere'), { host: 'no.such.host.invalid' })).status,
    ).toBe(400);
    expect((await client.verify(secretsOf('refused'), { port: 1 })).status).toBe(400);
  });

  test('in a reveal: to whoever asked, and to nobody else', async () => {
    const { id } = await client.create(secretsOf('revealed'));
    const { key } = product;
    const signedIn = await client.call('/trpc/auth.login', { key, body: owner });
    const token = /"accessToken":"([^"]+)"/.exec(signedIn.text)?.[1] ?? '';
    const wanted = { orgId: product.orgId, id: id.replace('ds_', 'crd_'), reason: 'a test' };
    const answer = await client.call('/trpc/credentials.reveal', { key: token, body: wanted });
    expect(answer.status, answer.text).toBe(200);
    for (const field of secretFields)
      expect(answer.text).toContain(JSON.stringify(canaryOf('revealed', field)).slice(1, -1));
    // The body of a reveal is the one place where a secret belongs; its headers are not.
    client.answers.push(answer.headers);
    const denied = await client.call('/trpc/credentials.reveal', { key, body: wanted });
    expect(denied.status).toBe(403);
    client.answers.push(denied.headers + denied.text);
  });

  test.skipIf(!canMakeCertificates()).concurrent.each(Object.entries(dialects))(
    'in data sources and verifications of %s (needs the openssl command)',
    { timeout: 60_000 },
    async (dialect, { fields, echo }) => {
      const server = echo ? await echoes[echo](identity()) : null;
      const service = {
        ...{ dialect, ...fields, sslCaCertificate: authority?.cert ?? '' },
        ...(server ? { port: server.port } : {}),
      };
      const step = dialect.toLowerCase();
      const { status, id } = await client.create(secretsOf(`${step}-wrong`), service);
      expect(status).toBe(201);
      await client.untilSync(id, 'FAILED');
      const updated = await client.send('PATCH', client.at(`/${id}`), secretsOf(`${step}-updated`));
      expect(updated.status).toBe(200);
      await client.untilSync(id, 'FAILED');
      expect((await client.send('GET', client.at(`/${id}/health`))).status).toBe(200);
      expect((await client.verify(secretsOf(`${step}-unverified`), service)).status).toBe(400);
      // What it was told it repeated, to the driver and to nobody else.
      if (server) expect(server.repeated).toBeGreaterThan(1);
      await server?.close();
    },
  );

  test('in requests that are refused', async () => {
    const { id } = await client.create({ password: canaryOf('kept', 'password') });
    const secrets = secretsOf('invalid');
    const refused = [
      await client.create(secrets, { unknownField: 1 }),
      await client.create(secrets, { dialect: 'NO_SUCH_DIALECT' }),
      await client.create(secrets, { host: 'a b' }),
      await client.create({ password: [canaryOf('array', 'password')] }),
      await client.create({ password: { value: canaryOf('object', 'password') } }),
      await client.create({ password: `${canaryOf('nul', 'password')}\0` }),
      await client.create({ password: canaryOf('long', 'password').repeat(2_000) }),
      await client.send('PATCH', client.at(`/${id}`), { ...secrets, unsetPassword: true }),
      await client.send('PATCH', client.at('/ds_unknown'), secrets),
      await client.send('PATCH', client.at(`/${id}`), { ...secrets, host: '-' }),
      await client.send('POST', client.at(), `{"password":"${canaryCore}`),
      await client.send('POST', client.at(`?password=${canaryCore}`), secrets),
      await client.send('GET', client.at(`/${id}?password=${canaryCore}`)),
      await client.send('GET', `/trpc/dataSources.create?input={"password":"${canaryCore}"}`),
      await client.send('POST', '/trpc/dataSources.create', { ...secrets, orgId: product.orgId }),
      await client.send('GET', client.at(), undefined, {
        authorization: `Bearer bd_key_${canaryCore}${canaryCore}`,
      }),
      await client.send('GET', client.at(), undefined, {
        authorization: `Basic ${btoa(canaryCore)}`,
      }),
    ];
    for (const { status } of refused) expect([400, 401, 404, 405, 413]).toContain(status);
  });

  test('in statements that PostgreSQL refuses, which its log quotes', async () => {
    const { id } = await client.create({ password: canaryOf('before', 'password') });
    const failing = async () => {
      expect((await client.create(secretsOf('failed'))).status).toBe(500);
      expect((await client.send('PATCH', client.at(`/${id}`), secretsOf('failed'))).status).toBe(
        500,
      );
      const body = { ...connection(), ...secretsOf('failed') };
      expect((await client.send('POST', client.at('/verify'), body)).status).toBe(500);
    };
    await refusing('secret_envelope', failing);
    await refusing('audit_event', failing);
    await refusing('data_source', async () => {
      expect((await client.create(secretsOf('failed'))).status).toBe(500);
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
  ['HTTP answers', Buffer.from(client.answers.join('\n'))] as const,
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
    await client.send('PATCH', `/api/public/organizations/${product.orgId}`, {
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
