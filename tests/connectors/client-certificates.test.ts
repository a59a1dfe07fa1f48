import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { canMakeCertificates, makeAuthority } from '../support/certificates.ts';
import { useDatabase } from '../support/database.ts';
import {
  type Clickhouse,
  clickhouseMissing,
  clickhousePassword,
  startClickhouse,
} from '../support/servers/clickhouse.ts';
import { type Mariadb, mariadbMissing, startMariadb } from '../support/servers/mariadb.ts';
import {
  type PostgresForClients,
  startPostgresForClients,
} from '../support/servers/postgres-for-clients.ts';
import { useWorkers } from '../support/processes/workers.ts';

// Servers that let nobody in without a certificate of the client: verify, health and sync, by the
// public API and a worker. What TLS itself does is in tests/egress/client-certificate.test.ts.

const database = useDatabase();
const api = useApi(database);
const workers = useWorkers(database, api);
const [authority, clients, strangers] = canMakeCertificates()
  ? [makeAuthority(), makeAuthority(), makeAuthority()]
  : [];
const identity = authority?.sign({ names: 'DNS:localhost,IP:127.0.0.1' });
const client = clients?.sign({ names: 'DNS:client' });
const stranger = strangers?.sign({ names: 'DNS:client' });

type Fields = Readonly<Record<string, unknown>>;

/** What a caller sends; with the certificate that the server wants unless `changes` say otherwise. */
const body = (fields: Fields, changes: Fields = {}): object => ({
  ...{ host: 'localhost', sslEnabled: true, sslCaCertificate: authority?.cert },
  ...{ sslClientCertificate: client?.cert, sslClientKey: client?.key },
  ...fields,
  ...changes,
});

const at = ({ orgId }: TestTenant, path = ''): string =>
  `/api/public/organizations/${orgId}/data-sources${path}`;

async function verify(tenant: TestTenant, fields: object): Promise<[number, unknown]> {
  const options = { key: tenant.key, body: fields };
  const { status, body: answer } = await api.request('POST', at(tenant, '/verify'), options);
  return [status, answer];
}

/** Creates the data source and waits until it has been checked and synced. */
async function settled(tenant: TestTenant, fields: object): Promise<unknown> {
  const created = { type: 'direct', displayName: 'Shop', ...fields };
  const { status } = await api.request('POST', at(tenant), { key: tenant.key, body: created });
  expect(status).toBe(201);
  const outcome = async () => {
    const { rows } = await database.pool.query<{ check: string; sync: string; tables: number }>(
      `select h.status as check, r.status as sync, r.tables from data_source d
       join health_check h on h.data_source_id = d.id
       join sync_run r on r.data_source_id = d.id and r.status <> 'PENDING'
       where d.organization_id = $1`,
      [tenant.orgId],
    );
    return rows[0];
  };
  await expect.poll(outcome, { timeout: 20_000 }).toBeDefined();
  return outcome();
}

/** Three ways to be refused, and one to be welcome. */
function servesOnlyClients(fields: () => Fields, refusal: { without: RegExp; stranger: RegExp }) {
  test('verify says that a certificate is missing, or that it is a stranger’s', async () => {
    const tenant = await api.tenant();
    await workers.work();
    const nothing = { sslClientCertificate: undefined, sslClientKey: undefined };
    const foreign = { sslClientCertificate: stranger?.cert, sslClientKey: stranger?.key };
    const another = { sslClientKey: stranger?.key };
    const [without, wrong, unfit] = [
      await verify(tenant, body(fields(), nothing)),
      await verify(tenant, body(fields(), foreign)),
      await verify(tenant, body(fields(), another)),
    ];
    expect([without[0], wrong[0], unfit[0]]).toEqual([400, 400, 400]);
    expect(JSON.stringify(without[1])).toMatch(refusal.without);
    expect(JSON.stringify(wrong[1])).toMatch(refusal.stranger);
    expect(JSON.stringify(unfit[1])).toContain('The key or token is not in the form');
  });

  test('with its own, verify, health and sync succeed', async () => {
    const tenant = await api.tenant();
    await workers.work();
    expect((await verify(tenant, body(fields())))[0]).toBe(200);
    expect(await settled(tenant, body(fields()))).toEqual({
      ...{ check: 'HEALTHY', sync: 'SUCCESS', tables: 1 },
    });
  });
}

const opensslMissing = identity ? null : 'skipped: openssl not found';
const noMariadb = opensslMissing ?? mariadbMissing();
const noClickhouse = opensslMissing ?? clickhouseMissing();

describe.skipIf(opensslMissing)(`PostgreSQL, clientcert=verify-ca ${opensslMissing ?? ''}`, () => {
  let server: PostgresForClients;
  beforeAll(async () => {
    if (!identity || !clients) return;
    server = await startPostgresForClients(identity, clients.cert);
    await server.execute(`
      create table orders (id int primary key);
      create role reader login password 'of the reader';
      grant select on orders to reader`);
  });
  afterAll(() => server?.stop());

  const fields = (): Fields => ({
    ...{ dialect: 'POSTGRES', port: server.port, username: 'reader', password: 'of the reader' },
    databaseName: 'shop',
  });
  servesOnlyClients(fields, { without: /certificate/i, stranger: /certificate/i });
});

describe.skipIf(noMariadb)(`MariaDB, REQUIRE X509 ${noMariadb ?? ''}`, () => {
  let server: Mariadb;
  beforeAll(async () => {
    if (!identity || !clients) return;
    server = await startMariadb({ identity, clientAuthority: clients.cert });
    const root = await server.connect();
    await root.query(`
      create database shop; create table shop.orders (id int primary key);
      create user reader@'127.0.0.1' identified by 'of the reader' require x509;
      grant select, show view, references on *.* to reader@'127.0.0.1'`);
    await root.end();
  });
  afterAll(() => server?.stop());

  const fields = (): Fields => ({
    ...{ dialect: 'MYSQL', port: server.port, username: 'reader', password: 'of the reader' },
    databaseName: 'shop',
  });
  servesOnlyClients(fields, { without: /password/, stranger: /certificate/i });
});

describe.skipIf(noClickhouse)(`ClickHouse, verification strict ${noClickhouse ?? ''}`, () => {
  let server: Clickhouse;
  beforeAll(async () => {
    if (!identity || !clients) return;
    server = await startClickhouse(identity, clients.cert);
    await server.execute('create database shop');
    await server.execute('create table shop.orders (id Int32) engine = Memory');
  });
  afterAll(() => server?.stop());

  const fields = (): Fields => ({
    ...{ dialect: 'CLICKHOUSE', port: server.httpsPort, username: 'reader' },
    ...{ password: clickhousePassword, databaseName: 'shop' },
  });
  servesOnlyClients(fields, { without: /certificate/i, stranger: /certificate/i });
});
