import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionSecrets } from '../../../shared/connection.ts';
import { accountOf } from '../../../workers/connectors/snowflake/account.ts';
import { createSnowflakeConnector } from '../../../workers/connectors/snowflake/connector.ts';
import type { SnowflakeTable } from '../../stand-ins/snowflake-statements.ts';
import { snowflakeHandler, type SnowflakeState } from '../../stand-ins/snowflake.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { conforms } from '../conformance.ts';
import { vendor, vendorMissing } from './vendor-server.ts';

const host = 'acme-test-1.snowflakecomputing.com';
const password = 'canary-snowflake-password';
const accessToken = 'eyJhbGciOiJIUzI1NiJ9.canary-snowflake-token.c2ln';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

const state: SnowflakeState = {
  account: 'ACME-TEST_1',
  user: 'somebody',
  password,
  accessToken,
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  roles: ['READER', 'my role'],
  database: 'SALES',
  warehouses: new Map([
    ['SMALL', 'STARTED'],
    ['Big "one"', 'SUSPENDED'],
  ]),
  tables: [],
  showRows: 10_000,
  runningAnswers: 1,
  statements: [],
  cancelled: [],
  sessions: new Set(),
};
const account = { snowflakeAccountId: 'acme-test_1', username: 'somebody', databaseName: 'sales' };

const standIn = vendor({
  host,
  connection: account,
  password,
  handler: snowflakeHandler(state),
  execute: (text) => state.tables.push(...(JSON.parse(text) as SnowflakeTable[])),
  readBack: () =>
    state.tables
      .map(({ schema, name, columns }) => [schema, name, columns.map(([column]) => column)])
      .sort(byText),
  summarize: (tables) =>
    tables
      .map(({ schema, name, columns }) => [schema, name, columns.map((column) => column.name)])
      .sort(byText),
});
const connector = createSnowflakeConnector({ route: standIn.route });

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

const tableOf = (more: Partial<SnowflakeTable>): SnowflakeTable => ({
  ...{ schema: 'PUBLIC', name: 'T', type: 'BASE TABLE', rowCount: null, comment: null },
  ...{ columns: [], primary: [], unique: [], imported: [] },
  ...more,
});
type Fields = readonly (string | null)[];
const field = (name: string, type: string, sizes: Fields = [], more: Fields = []): Fields => {
  const [length = null, precision = null, scale = null, fraction = null] = sizes;
  const [nullable = 'YES', expression = null, identity = 'NO', comment = null] = more;
  return [name, type, length, precision, scale, fraction, nullable, expression, identity, comment];
};
const long = `"'\`;--\t\u{0}💥${'x'.repeat(5_000)}`;
const awkward = [
  tableOf({
    name: 'ORDERS',
    rowCount: '12',
    comment: 'every order',
    columns: [
      field('ID', 'NUMBER', [null, '38', '0'], ['NO', 'ignored', 'YES', 'the id']),
      field('customer', 'TEXT', ['16777216'], ['YES', "'nobody'"]),
      field('HASH', 'BINARY', ['8388608']),
      field('AT', 'TIMESTAMP_NTZ', [null, null, null, '9']),
      field('PRICE', 'FLOAT'),
      field('LINES', 'VARIANT'),
    ],
    primary: [
      ['PK', '2', 'customer'],
      ['PK', '1', 'ID'],
    ],
    unique: [['U', '1', 'HASH']],
    imported: [
      ['FK', '1', 'customer', 'SALES', 'PUBLIC', '__proto__', 'ID', 'CASCADE', 'NO ACTION'],
      ['FAR', '1', 'ID', 'OTHER', 'PUBLIC', '__proto__', 'ID', 'NO ACTION', 'NO ACTION'],
    ],
  }),
  tableOf({ name: '__proto__', columns: [field('ID', 'TEXT')] }),
  tableOf({ schema: '\u{ff21}', name: long, type: 'VIEW', columns: [field(long, 'DATE')] }),
  // By bytes after the one before, by UTF-16 code units ahead of it.
  tableOf({ schema: '\u{1f4a5}', name: 'm', type: 'MATERIALIZED VIEW' }),
  tableOf({ schema: 'zoo', name: 'f', type: 'EXTERNAL TABLE' }),
];

const column = (name: string, type: string, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  ...{ name, type, nullable: true, default: null, comment: null, generated: null, identity: null },
  ...more,
});
const catalogTable = (more: Partial<CatalogTable>): CatalogTable => ({
  ...{ schema: 'PUBLIC', name: 'T', kind: 'table', comment: null, rowEstimate: null, columns: [] },
  ...{ primaryKey: null, uniqueKeys: [], foreignKeys: [], checks: [], indexes: [] },
  ...{ partitionOf: null, partitionKey: null },
  ...more,
});

describe.skipIf(vendorMissing !== null)(`a stand-in of Snowflake ${vendorMissing ?? ''}`, () => {
  conforms({
    dialect: 'SNOWFLAKE',
    connector,
    against: "a stand-in that the vendor's SDK accepts, rogue servers; no account",
    useServer: () => standIn.useServer(),
    vendorHost: host,
    steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
    wrong: {
      host: {
        changes: { snowflakeAccountId: 'no-such-account' },
        step: 'resolve',
        failure: 'ACCOUNT_NOT_FOUND',
      },
      port: null,
      database: {
        changes: { databaseName: 'no such database' },
        step: 'query',
        failure: 'DATABASE_NOT_FOUND',
      },
    },
    awkward: {
      sql: JSON.stringify(awkward),
      expected: [
        catalogTable({
          name: 'ORDERS',
          comment: 'every order',
          columns: [
            column('ID', 'NUMBER(38,0)', {
              ...{ nullable: false, identity: 'by default', comment: 'the id' },
            }),
            column('customer', 'VARCHAR(16777216)', { default: "'nobody'" }),
            column('HASH', 'BINARY(8388608)'),
            column('AT', 'TIMESTAMP_NTZ(9)'),
            column('PRICE', 'FLOAT'),
            column('LINES', 'VARIANT'),
          ],
          primaryKey: { name: 'PK', columns: ['ID', 'customer'] },
          uniqueKeys: [{ name: 'U', columns: ['HASH'] }],
          foreignKeys: [
            {
              ...{ name: 'FK', columns: ['customer'], referencedSchema: 'PUBLIC' },
              ...{ referencedTable: '__proto__', referencedColumns: ['ID'] },
              ...{ onUpdate: 'cascade', onDelete: 'no action' },
            },
          ],
        }),
        catalogTable({ name: '__proto__', columns: [column('ID', 'VARCHAR')] }),
        catalogTable({
          ...{ schema: '\u{ff21}', name: long, kind: 'view', columns: [column(long, 'DATE')] },
        }),
        catalogTable({ schema: '\u{1f4a5}', name: 'm', kind: 'materialized view' }),
        catalogTable({ schema: 'zoo', name: 'f', kind: 'foreign table' }),
      ],
    },
    *thousandTables() {
      const columns = Array.from({ length: 20 }, (_, n) => field(`C${n}`, 'BOOLEAN'));
      for (let n = 0; n < 1_000; n += 1) {
        yield JSON.stringify([tableOf({ schema: 'LARGE', name: `T${n}`, columns })]);
      }
    },
  });

  describe('beyond the suite', () => {
    const never = new AbortController().signal;
    const server = standIn.useServer();
    const target = (more: object = {}, secrets: ConnectionSecrets = { password }) => ({
      ...connectionTarget({ dialect: 'SNOWFLAKE', ...server.connection, ...more }),
      secrets,
    });
    const probe = async (more: object = {}, secrets?: ConnectionSecrets) => {
      const { steps, failure } = await connector.probe(target(more, secrets), never);
      return [steps.at(-1)?.step ?? null, failure];
    };
    beforeAll(() => {
      state.tables.length = 0;
      state.tables.push(...awkward);
    });
    afterAll(() => {
      state.warehouses.set('SMALL', 'STARTED');
      state.showRows = 10_000;
    });

    const pem = (type: 'pkcs1' | 'pkcs8', passphrase?: string): string =>
      privateKey
        .export({
          ...{ type, format: 'pem' },
          ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
        })
        .toString();
    const passphrase = 'canary-snowflake-passphrase';

    const goodKeys: [string, ConnectionSecrets][] = [
      ['PKCS#8', { snowflakePrivateKey: pem('pkcs8') }],
      ['PKCS#1', { snowflakePrivateKey: pem('pkcs1') }],
      ['one line', { snowflakePrivateKey: pem('pkcs8').replaceAll('\n', '\\n') }],
      [
        'encrypted PKCS#8',
        {
          snowflakePrivateKey: pem('pkcs8', passphrase),
          snowflakePrivateKeyPassphrase: passphrase,
        },
      ],
    ];
    test.each(goodKeys)('a key pair signs in: %s', async (_what, secrets) => {
      expect(await probe({}, secrets)).toEqual(['catalog', null]);
      const read = await Array.fromAsync(connector.readCatalog(target({}, secrets), never));
      expect(read).toHaveLength(awkward.length);
    });

    const badKeys: [string, ConnectionSecrets, string][] = [
      ['no key', { snowflakePrivateKey: 'hello' }, 'CREDENTIALS_INVALID'],
      [
        'a passphrase that is missing',
        { snowflakePrivateKey: pem('pkcs8', passphrase) },
        'CREDENTIALS_INVALID',
      ],
      [
        'a wrong passphrase',
        { snowflakePrivateKey: pem('pkcs8', passphrase), snowflakePrivateKeyPassphrase: 'wrong' },
        'CREDENTIALS_INVALID',
      ],
      ['a key of another kind', { snowflakePrivateKey: keyOf('ed25519') }, 'CREDENTIALS_INVALID'],
      ['a key that is too short', { snowflakePrivateKey: keyOf('short') }, 'CREDENTIALS_INVALID'],
      ['a key that nobody knows', { snowflakePrivateKey: keyOf('rsa') }, 'AUTHENTICATION_FAILED'],
    ];
    test.each(badKeys)('%s does not sign in', async (_what, secrets, failure) => {
      expect(await probe({}, secrets)).toEqual(['sign-in', failure]);
    });

    test('a programmatic access token signs in as a password', async () => {
      expect(await probe({}, { password: accessToken })).toEqual(['catalog', null]);
      const wrong = accessToken.replace('canary', 'wrong');
      expect(await probe({}, { password: wrong })).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
    });

    test('the sessions of passwords are ended', async () => {
      state.sessions.clear();
      expect(await probe()).toEqual(['catalog', null]);
      await Array.fromAsync(connector.readCatalog(target(), never));
      expect(state.sessions).toEqual(new Set());
    });

    test.each([{ password }, { snowflakePrivateKey: pem('pkcs8') }])(
      'roles and warehouses are identifiers as in SQL (%#)',
      async (secrets) => {
        const of = (more: object) => probe(more, secrets);
        expect(await of({ snowflakeRole: 'reader' })).toEqual(['catalog', null]);
        expect(await of({ snowflakeRole: 'nobody' })).toEqual(['sign-in', 'PERMISSION_DENIED']);
        expect(await of({ snowflakeWarehouse: 'small' })).toEqual(['catalog', null]);
        expect(await of({ snowflakeWarehouse: '"Big ""one"""' })).toEqual(['catalog', null]);
        const missing = await of({ snowflakeWarehouse: '"small"' });
        expect(missing).toEqual(['query', 'WAREHOUSE_UNAVAILABLE']);
        expect(await of({ databaseName: null })).toEqual(['catalog', null]);
      },
    );

    test('a probe wakes no warehouse, a read does', async () => {
      state.warehouses.set('SMALL', 'SUSPENDED');
      state.statements.length = 0;
      expect(await probe()).toEqual(['catalog', null]);
      expect(state.statements.join()).not.toContain('information_schema');
      await Array.fromAsync(connector.readCatalog(target(), never));
      expect(state.statements.join()).toContain('information_schema');
    });

    test('keys are asked of schemas and tables where SHOW stops', async () => {
      const small = createSnowflakeConnector({ route: standIn.route, showRows: 3 });
      state.showRows = 3;
      state.statements.length = 0;
      const places = ['PUBLIC.A', 'PUBLIC.B', 'PUBLIC.C', 'S"2.D'].map((path) => path.split('.'));
      state.tables.length = 0;
      for (const [schema = '', name = ''] of places) {
        state.tables.push(tableOf({ schema, name, primary: [[`${name}_PK`, '1', 'ID']] }));
      }
      const read = await Array.fromAsync(small.readCatalog(target(), never));
      const names = read.map(({ primaryKey }) => primaryKey?.name);
      expect(names).toEqual(['A_PK', 'B_PK', 'C_PK', 'D_PK']);
      expect(state.statements.filter((text) => text.startsWith('show primary'))).toEqual([
        'show primary keys in database "SALES"',
        'show primary keys in schema "SALES"."PUBLIC"',
        'show primary keys in table "SALES"."PUBLIC"."A"',
        'show primary keys in table "SALES"."PUBLIC"."B"',
        'show primary keys in table "SALES"."PUBLIC"."C"',
        'show primary keys in schema "SALES"."S""2"',
      ]);
    });

    test('a statement that runs is cancelled within two seconds of an abort', async () => {
      state.runningAnswers = 1_000_000;
      state.statements.length = 0;
      const controller = new AbortController();
      const reading = Array.fromAsync(connector.readCatalog(target(), controller.signal));
      const failed = expect(reading).rejects.toThrow('CONNECTION_LOST');
      await expect.poll(() => state.statements.join()).toContain('information_schema');
      // The answer with the statement's handle has to arrive.
      await sleep(200);
      controller.abort();
      await failed;
      state.runningAnswers = 1;
      expect(state.cancelled).not.toEqual([]);
      expect(state.sessions).toEqual(new Set());
    });
  });
});

function keyOf(kind: 'ed25519' | 'short' | 'rsa'): string {
  const made =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: kind === 'short' ? 1_024 : 2_048 });
  return made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('an account', () => {
  test.each([
    ['xy12345', 'xy12345.snowflakecomputing.com', 'XY12345'],
    ['xy12345.eu-central-1.aws', 'xy12345.eu-central-1.aws.snowflakecomputing.com', 'XY12345'],
    ['MyOrg-My_Account', 'myorg-my-account.snowflakecomputing.com', 'MYORG-MY_ACCOUNT'],
    ['myorg-a1.privatelink', 'myorg-a1.privatelink.snowflakecomputing.com', 'MYORG-A1'],
    ['xy1.cn-northwest-1', 'xy1.cn-northwest-1.snowflakecomputing.cn', 'XY1'],
    [' xy1.us-east-1.snowflakecomputing.com', 'xy1.us-east-1.snowflakecomputing.com', 'XY1'],
  ])('%j is %s', (snowflakeAccountId, at, name) => {
    const target = connectionTarget({ dialect: 'SNOWFLAKE', snowflakeAccountId });
    expect(accountOf(target)).toMatchObject({ origin: `https://${at}`, name });
  });
});

describe('a secret goes to Snowflake only', () => {
  test.each([
    '',
    'evil.example/',
    'evil.example#',
    'acme@evil.example',
    'acme:443',
    'acme\\evil',
    '-acme',
    'acme..aws',
    'a.b.c.d.e',
    'acme%2eevil',
    '\u{ff21}cme',
    'x'.repeat(64),
  ])('%j', async (name) => {
    const fields = { dialect: 'SNOWFLAKE' as const, snowflakeAccountId: name, username: 'u' };
    const report = await connector.probe(
      connectionTarget(fields, password),
      new AbortController().signal,
    );
    expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });
});
