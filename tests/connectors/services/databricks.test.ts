import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { createDatabricksConnector } from '../../../workers/connectors/databricks/connector.ts';
import {
  databricksHandler,
  type DatabricksState,
  type DatabricksTable,
} from '../../stand-ins/databricks.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { conforms } from '../conformance.ts';
import { catalogTable, column } from '../conformance/expected-parts.ts';
import { tablesInJson } from '../tables-in-json.ts';
import { vendor, vendorMissing } from './vendor-server.ts';

const host = 'dbc-4711.cloud.databricks.com';
const clientId = '01234567-89ab-cdef-0123-456789abcdef';
const password = 'dapi-canary-databricks-token';

const state: DatabricksState = {
  token: password,
  clientId,
  clientSecret: 'dose-canary-databricks-secret',
  catalog: 'main',
  tables: [],
  warehouses: new Map([
    ['aaaa', 'DELETED'],
    ['bbbb', 'STOPPED'],
    ['cccc', 'RUNNING'],
  ]),
  runningAnswers: 1,
  statements: [],
  cancelled: [],
};

const standIn = vendor({
  host,
  connection: { databaseName: 'main' },
  password,
  handler: databricksHandler(state),
  ...tablesInJson(state.tables, ({ columns }) => columns.map(([name]) => name)),
});
const connector = createDatabricksConnector({ route: standIn.route });

const tableOf = (more: Partial<DatabricksTable>): DatabricksTable => ({
  ...{ schema: 'sales', name: 't', type: 'MANAGED', comment: null, columns: [], keys: [] },
  ...more,
});
const long = `"'\`;--\t\u{0}💥${'x'.repeat(5_000)}`;
const awkward = [
  tableOf({
    name: 'orders',
    comment: 'every order',
    columns: [
      ['id', 'bigint', 'NO', null, 'the id'],
      ['customer', 'string', 'YES', "'nobody'", null],
      ['odd `day', 'date', 'YES', null, null, '2'],
      ['region', 'string', 'YES', null, null, '1'],
      ['lines', 'array<struct<sku:string,n:decimal(10,2)>>', 'YES', null, null],
    ],
    keys: [
      [
        'orders_customer',
        'FOREIGN KEY',
        'customer',
        'sales',
        '__proto__',
        'id',
        'NO ACTION',
        'NO ACTION',
      ],
      ['orders_elsewhere', 'FOREIGN KEY', 'id', null, null, null, 'NO ACTION', 'NO ACTION'],
      ['orders_pk', 'PRIMARY KEY', 'id', null, null, null, null, null],
    ],
  }),
  tableOf({ name: '__proto__', columns: [['id', 'string', 'NO', null, null]] }),
  tableOf({
    schema: '\u{ff21}',
    name: long,
    type: 'VIEW',
    columns: [[long, 'int', 'YES', null, null]],
  }),
  // By bytes after the one before, by UTF-16 code units ahead of it.
  tableOf({
    schema: '\u{1f4a5}',
    name: 'm',
    type: 'MATERIALIZED_VIEW',
    columns: [['c', 'int', 'YES', null, null]],
  }),
  tableOf({ schema: 'zoo', name: 'f', type: 'FOREIGN' }),
];

const expected = ({ schema = 'sales', name = 't', ...more }: Partial<CatalogTable>): CatalogTable =>
  catalogTable(schema, name, more);

describe.skipIf(vendorMissing !== null)(`a stand-in of Databricks ${vendorMissing ?? ''}`, () => {
  conforms({
    dialect: 'DATABRICKS',
    connector,
    against: "a stand-in that the vendor's SDK accepts, rogue servers; no workspace",
    useServer: () => standIn.useServer(),
    vendorHost: host,
    steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
    wrong: {
      host: {
        changes: { host: 'no-such-workspace.cloud.databricks.com' },
        step: 'resolve',
        failure: 'HOST_NOT_FOUND',
      },
      port: null,
      user: {
        changes: { username: '01234567-89ab-cdef-0123-456789abcdee' },
        step: 'sign-in',
        failure: 'AUTHENTICATION_FAILED',
      },
      database: {
        changes: { databaseName: 'no such catalog' },
        step: 'query',
        failure: 'DATABASE_NOT_FOUND',
      },
    },
    awkward: {
      sql: JSON.stringify(awkward),
      expected: [
        expected({
          name: 'orders',
          kind: 'partitioned table',
          comment: 'every order',
          columns: [
            column('id', 'bigint', { nullable: false, comment: 'the id' }),
            column('customer', 'string', { default: "'nobody'" }),
            column('odd `day', 'date'),
            column('region', 'string'),
            column('lines', 'array<struct<sku:string,n:decimal(10,2)>>'),
          ],
          primaryKey: { name: 'orders_pk', columns: ['id'] },
          foreignKeys: [
            {
              ...{ name: 'orders_customer', columns: ['customer'], referencedSchema: 'sales' },
              ...{ referencedTable: '__proto__', referencedColumns: ['id'] },
              ...{ onUpdate: 'no action', onDelete: 'no action' },
            },
          ],
          partitionKey: 'region, `odd ``day`',
        }),
        expected({ name: '__proto__', columns: [column('id', 'string', { nullable: false })] }),
        expected({
          schema: '\u{ff21}',
          name: long,
          kind: 'view',
          columns: [column(long, 'int')],
        }),
        expected({
          ...{ schema: '\u{1f4a5}', name: 'm', kind: 'materialized view' },
          columns: [column('c', 'int')],
        }),
        expected({ schema: 'zoo', name: 'f', kind: 'foreign table' }),
      ],
    },
    *thousandTables() {
      const columns = Array.from({ length: 20 }, (_, n) => [`c${n}`, 'int', 'YES', null, null]);
      for (let n = 0; n < 1_000; n += 1) {
        yield JSON.stringify([tableOf({ schema: 'large', name: `t${n}`, columns })]);
      }
    },
  });

  describe('beyond the suite', () => {
    const never = new AbortController().signal;
    const server = standIn.useServer();
    const target = (more: object = {}, secret = password) =>
      connectionTarget({ dialect: 'DATABRICKS', ...server.connection, ...more }, secret);
    beforeAll(() => {
      state.tables.length = 0;
      state.tables.push(tableOf({}));
    });
    afterAll(() => state.warehouses.set('cccc', 'RUNNING'));

    test('a service principal signs in with its secret', async () => {
      const principal = target({ username: clientId }, state.clientSecret);
      expect((await connector.probe(principal, never)).failure).toBeNull();
      expect(await Array.fromAsync(connector.readCatalog(principal, never))).toHaveLength(1);
    });

    test('a user name that is no client id leaves the token a token', async () => {
      expect((await connector.probe(target({ username: 'token' }), never)).failure).toBeNull();
    });

    test('a probe wakes no warehouse, a read does', async () => {
      state.warehouses.set('cccc', 'STOPPED');
      state.statements.length = 0;
      expect((await connector.probe(target(), never)).failure).toBeNull();
      expect(state.statements).toEqual([]);
      expect(await Array.fromAsync(connector.readCatalog(target(), never))).toHaveLength(1);
      expect(state.statements).not.toEqual([]);
    });

    test.each(['aaaa', 'dddd', '../cccc', 'a b'])('warehouse %j may not be used', async (id) => {
      const { failure } = await connector.probe(target({ databricksWarehouseId: id }), never);
      expect(failure).toBe('WAREHOUSE_UNAVAILABLE');
    });

    test('no statement holds a name of the customer', async () => {
      state.statements.length = 0;
      await Array.fromAsync(connector.readCatalog(target(), never));
      expect(state.statements.join()).not.toContain('sales');
    });

    test('a statement that runs is cancelled within two seconds of an abort', async () => {
      state.runningAnswers = 1_000_000;
      state.statements.length = 0;
      const controller = new AbortController();
      const reading = Array.fromAsync(connector.readCatalog(target(), controller.signal));
      const failed = expect(reading).rejects.toThrow('CONNECTION_LOST');
      await expect.poll(() => state.statements.length).toBe(1);
      // The answer with the statement's id has to arrive.
      await sleep(200);
      controller.abort();
      await failed;
      state.runningAnswers = 1;
      expect(state.cancelled).toHaveLength(1);
    });
  });
});

describe('a token goes to Databricks only', () => {
  test.each([
    'evil.example',
    'cloud.databricks.com',
    'x.cloud.databricks.com.evil.example',
    'xcloud.databricks.com',
    'x..cloud.databricks.com',
    'evil.example/.cloud.databricks.com',
    'evil.example#.cloud.databricks.com',
    '127.0.0.1',
  ])('%s', async (name) => {
    const target = connectionTarget({ dialect: 'DATABRICKS', host: name }, password);
    const report = await connector.probe(target, new AbortController().signal);
    expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });
});
