import { rootCertificates } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { Connection, secretFields } from '../../shared/connection.ts';
import { destinationFields, destinationOf } from '../../shared/vault/destination.ts';
import { createVault } from '../../workers/vault/open.ts';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { digestTables } from './support/digest.ts';

// C3 of the security programme: who may edit a destination cannot have a stored secret sent there.

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await api.tenant('Destinations');
});

const original = {
  host: 'db.example.com',
  port: 5432,
  username: 'reader',
  sslEnabled: true,
  sslCaCertificate: rootCertificates[0],
  sslClientCertificate: rootCertificates[2],
  sshHost: 'bastion.example.com',
  sshPort: 22,
  sshUsername: 'tunnel',
  snowflakeAccountId: 'account',
  bigQueryProjectId: 'project',
  spannerInstanceId: 'instance',
  athenaWorkgroup: 'group',
  athenaOutputLocation: 's3://bucket/a',
  athenaCatalog: 'catalog',
  databricksWarehouseId: 'warehouse',
};
const secrets = Object.fromEntries(secretFields.map((field) => [field, `the ${field}`]));

const otherHosts = (host: string) => [
  '127.0.0.1',
  '::1',
  'localhost',
  'evil.test',
  `${host}.evil.test`,
  `x${host}`,
  `x.${host}`,
  host.slice(1),
  host.slice(0, -1),
  host.replace('.', '-'),
  host.replace('example', 'xn--exmple-cua'),
];
const otherTexts = (text: string) => [
  `${text}2`,
  text.toUpperCase(),
  text.slice(1),
  ` ${text}`,
  `${text} `,
  `${text}а`, // Cyrillic
  'evil',
  '',
];

/** Every other value of each destination field that the API takes: a field without any fails. */
const changes: Record<(typeof destinationFields)[number], readonly unknown[]> = {
  host: otherHosts(original.host),
  port: [5433, 1, 65_535, 0],
  username: otherTexts(original.username).filter((name) => name !== ''),
  sslEnabled: [false],
  sslCaCertificate: [rootCertificates[1], ''],
  sslClientCertificate: [rootCertificates[1], ''],
  sshEnabled: [true],
  sshHost: [...otherHosts(original.sshHost), ''],
  sshPort: [2222],
  sshUsername: otherTexts(original.sshUsername),
  snowflakeAccountId: otherTexts(original.snowflakeAccountId),
  bigQueryProjectId: otherTexts(original.bigQueryProjectId),
  spannerInstanceId: otherTexts(original.spannerInstanceId),
  athenaWorkgroup: otherTexts(original.athenaWorkgroup),
  athenaOutputLocation: otherTexts(original.athenaOutputLocation),
  athenaCatalog: otherTexts(original.athenaCatalog),
  databricksWarehouseId: otherTexts(original.databricksWarehouseId),
};

const all = () => `/api/public/organizations/${tenant.orgId}/data-sources`;

async function create(): Promise<string> {
  const { status, body } = await api.request('POST', all(), {
    key: tenant.key,
    body: { type: 'direct', dialect: 'POSTGRES', displayName: 'Shop', ...original, ...secrets },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return (body as { data: { id: string } }).data.id;
}

async function patch(id: string, body: object) {
  const answer = await api.request('PATCH', `${all()}/${id}`, { key: tenant.key, body });
  return answer as { status: number; body: { error?: { fieldErrors?: Record<string, string> } } };
}

async function expectRefused(id: string, change: object, kept: readonly string[]) {
  const before = await digestTables(database.pool);
  const { status, body } = await patch(id, change);
  expect(status, JSON.stringify(change)).toBe(400);
  const { fieldErrors = {} } = body.error ?? {};
  expect(Object.keys(fieldErrors).sort(), JSON.stringify(change)).toEqual([...kept].sort());
  expect(await digestTables(database.pool)).toEqual(before);
}

/** All secrets of a data source as a worker would open them now, for where the row points to. */
async function openAll(id: string): Promise<Record<string, string>> {
  const vault = await createVault([api.vaultKeys]);
  const { rows } = await database.pool.query(
    `select s.*, d.connection from secret_envelope s join data_source d on d.id = s.owner_id
     where d.id = $1 and s.retired_at is null`,
    [id],
  );
  const sealed = rows.map((row) => ({
    field: row.field as string,
    envelope: {
      kid: row.kid as string,
      wrapped: row.wrapped as Buffer,
      nonce: row.nonce as Buffer,
      ciphertext: row.ciphertext as Buffer,
    },
    context: {
      organizationId: tenant.orgId,
      ownerType: 'data_source' as const,
      ownerId: id,
      field: row.field as string,
      version: row.version as number,
      destination: destinationOf(Connection.parse(row.connection)),
    },
  }));
  return vault.use(sealed, (opened) => Promise.resolve({ ...opened } as Record<string, string>));
}

describe('another destination with the stored secrets is refused, names them, and changes nothing', () => {
  test('there is a value to try for each field, and each is another destination', () => {
    expect(Object.keys(changes).sort()).toEqual([...destinationFields].sort());
  });

  test.each(destinationFields)('%s', async (field) => {
    const id = await create();
    for (const value of changes[field]) await expectRefused(id, { [field]: value }, secretFields);
    expect(await openAll(id)).toEqual(secrets);
  });

  test('several fields at once, and beside a harmless one', async () => {
    const id = await create();
    await expectRefused(id, { host: 'evil.test', port: 1, displayName: 'Same' }, secretFields);
    await expectRefused(id, { host: 'DB.EXAMPLE.COM.', port: 1 }, secretFields);
  });

  test('some secrets sent again: the others are named', async () => {
    const { password, sshPassword, ...others } = secrets;
    const change = { host: 'evil.test', password, sshPassword };
    await expectRefused(await create(), change, Object.keys(others));
  });

  test('an empty secret is no secret', async () => {
    const empty = Object.fromEntries(secretFields.map((field) => [field, '']));
    await expectRefused(await create(), { host: 'evil.test', ...empty }, secretFields);
  });

  test('over RPC too', async () => {
    const id = await create();
    const before = await digestTables(database.pool);
    const update = api.client(tenant).dataSources.update;
    const change = { orgId: tenant.orgId, id, host: 'evil.test' };
    await expect(update.mutate(change)).rejects.toMatchObject({
      data: { httpStatus: 400, fieldErrors: { password: expect.any(String) } },
    });
    expect(await digestTables(database.pool)).toEqual(before);
  });
});

test.each([
  'db.example.com:5432',
  'db.example.com/x',
  'db.example.com@evil.test',
  'evil.test#db.example.com',
  'db.example.com..',
  '.db.example.com',
  ' db.example.com',
  'db.example.com\t',
  'db.exаmple.com', // Cyrillic
  'ｄb.example.com',
  'db。example.com',
  'db.example.com%00',
  '/var/run/postgresql',
  '[::1]',
])('a host is no place for %j', async (host) => {
  await expectRefused(await create(), { host }, ['host']);
});

describe('a change of destination that sends the secrets again', () => {
  test('is made, and they open for the new place', async () => {
    const id = await create();
    const fresh = Object.fromEntries(secretFields.map((field) => [field, `new ${field}`]));
    expect((await patch(id, { host: 'new.example.com', ...fresh })).status).toBe(200);
    expect(await openAll(id)).toEqual(fresh);
    await expectRefused(id, { host: original.host }, secretFields);
  });
});

describe('a change that keeps the destination', () => {
  test.each([
    { host: 'DB.Example.COM' },
    { host: 'db.example.com.' },
    { host: 'dB.eXAMPLE.cOM.', sshHost: 'BASTION.example.com.' },
    { databaseName: 'other' },
    { maxPoolSize: 5 },
    { displayName: 'Renamed' },
    { ...original },
  ])('%j needs no secret, and all still open', async (change) => {
    const id = await create();
    expect((await patch(id, change)).status).toBe(200);
    expect(await openAll(id)).toEqual(secrets);
  });
});
