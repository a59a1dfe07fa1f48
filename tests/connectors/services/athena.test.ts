import { describe } from 'vitest';
import type { AthenaTable } from '../../stand-ins/athena.ts';
import { conforms } from '../conformance.ts';
import { host, makeAthena } from './athena-server.ts';
import { catalogTable, column } from '../conformance/expected-parts.ts';
import { vendorMissing } from './vendor-server.ts';

const { connector, standIn } = makeAthena();
const long = `"'\`;--\t\u{0}💥${'x'.repeat(5_000)}`;

const tableOf = (schema: string, name: string, metadata: object = {}): AthenaTable => ({
  ...{ schema, name },
  metadata: { TableType: 'EXTERNAL_TABLE', Columns: [], PartitionKeys: [], ...metadata },
});
const awkward = [
  tableOf('sales', 'orders', {
    Columns: [
      { Name: 'id', Type: 'bigint', Comment: 'the id' },
      { Name: 'lines', Type: 'array<struct<sku:string,n:decimal(10,2)>>' },
    ],
    PartitionKeys: [
      { Name: 'year', Type: 'int', Comment: 'of the order' },
      { Name: '2nd`key', Type: 'string' },
    ],
    Parameters: { EXTERNAL: 'TRUE', comment: 'every order', recordCount: '12' },
  }),
  tableOf('sales', '__proto__', { Columns: [{ Name: '__proto__', Type: 'string' }] }),
  tableOf('sales', 'recent', {
    TableType: 'VIRTUAL_VIEW',
    Columns: [{ Name: 'id', Type: 'bigint' }, { Name: 'at' }],
    Parameters: { presto_view: 'true', comment: 'Presto View' },
  }),
  tableOf('sales', 'rollup', { TableType: 'MATERIALIZED_VIEW' }),
  { schema: 'constructor', name: long, metadata: { Columns: [{ Name: long, Type: long }] } },
];

describe.skipIf(vendorMissing !== null)(`a stand-in of Athena ${vendorMissing ?? ''}`, () => {
  conforms({
    dialect: 'ATHENA',
    connector,
    useServer: () => standIn.useServer(),
    against: "a stand-in that the vendor's SDK accepts, rogue servers; no AWS account",
    vendorHost: host,
    secret: { field: 'password', wrong: 'not/the+secret+of/this+key0123456789abcd' },
    steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
    version: /^Athena engine version 3$/,
    wrong: {
      host: {
        changes: { host: 'xx-nowhere-1' },
        step: 'resolve',
        failure: 'HOST_NOT_FOUND',
      },
      port: null,
      user: {
        changes: { username: 'AKIAIOSFODNN7NOTTHAT' },
        step: 'sign-in',
        failure: 'AUTHENTICATION_FAILED',
      },
      database: {
        changes: { databaseName: 'no such database' },
        step: 'query',
        failure: 'DATABASE_NOT_FOUND',
      },
    },
    awkward: {
      sql: JSON.stringify(awkward),
      expected: [
        catalogTable('sales', 'orders', {
          kind: 'partitioned table',
          comment: 'every order',
          columns: [
            column('id', 'bigint', { comment: 'the id' }),
            column('lines', 'array<struct<sku:string,n:decimal(10,2)>>'),
            column('year', 'int', { comment: 'of the order' }),
            column('2nd`key', 'string'),
          ],
          partitionKey: 'year, `2nd``key`',
        }),
        catalogTable('sales', '__proto__', { columns: [column('__proto__', 'string')] }),
        catalogTable('sales', 'recent', {
          kind: 'view',
          comment: 'Presto View',
          columns: [column('id', 'bigint'), column('at', '')],
        }),
        catalogTable('sales', 'rollup', { kind: 'materialized view' }),
        catalogTable('constructor', long, { columns: [column(long, long)] }),
      ],
    },
    *thousandTables() {
      const Columns = Array.from({ length: 20 }, (_, n) => ({ Name: `c${n}`, Type: 'string' }));
      const tables = Array.from({ length: 1_000 }, (_, n) =>
        tableOf('large', `t${n}`, { Columns }),
      );
      yield JSON.stringify(tables);
    },
  });
});
