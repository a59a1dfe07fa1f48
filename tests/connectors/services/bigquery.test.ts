import { describe } from 'vitest';
import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';
import type { BigQueryTable } from '../../stand-ins/bigquery.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { apiHost, makeBigQuery, project, tokenHost } from './bigquery-server.ts';
import { conforms } from '../conformance.ts';
import { vendorMissing } from './vendor-server.ts';

const { connector, standIn } = makeBigQuery();
const long = `"'\`;--\t\u{0}/?#%💥${'x'.repeat(5_000)}`;

const tableOf = (name: string, resource: object, schema = 'sales'): BigQueryTable => ({
  ...{ schema, name },
  resource: { type: 'TABLE', numRows: '12', ...resource },
});
const sku = { name: 'sku', type: 'STRING', maxLength: '20' };
const price = { name: 'price', type: 'NUMERIC', precision: '10', scale: '2' };
const tags = { name: 'odd tag', type: 'BYTES', mode: 'REPEATED' };
const awkward: BigQueryTable[] = [
  tableOf('orders', {
    description: 'every order',
    schema: {
      fields: [
        { name: 'id', type: 'INTEGER', mode: 'REQUIRED', description: 'the id' },
        { name: 'at', type: 'TIMESTAMP', defaultValueExpression: 'CURRENT_TIMESTAMP()' },
        { name: 'day', type: 'RANGE', rangeElementType: { type: 'DATE' } },
        { name: 'exact', type: 'TIMESTAMP', timestampPrecision: '12' },
        { name: 'lines', type: 'RECORD', mode: 'REPEATED', fields: [sku, price, tags] },
        {
          ...{ name: 'vector', type: 'FLOAT', mode: 'NULLABLE' },
          generatedColumn: {
            generatedMode: 'GENERATED_ALWAYS',
            generatedExpressionInfo: { generationExpression: 'f(id)', stored: true },
          },
        },
      ],
    },
    timePartitioning: { type: 'HOUR', field: 'at' },
    clustering: { fields: ['id'] },
    tableConstraints: {
      primaryKey: { columns: ['id'] },
      foreignKeys: [
        {
          name: 'orders_customer',
          referencedTable: { projectId: project, datasetId: 'sales', tableId: '__proto__' },
          columnReferences: [{ referencingColumn: 'id', referencedColumn: 'constructor' }],
        },
        {
          referencedTable: { projectId: 'elsewhere', datasetId: 'sales', tableId: 't' },
          columnReferences: [{ referencingColumn: 'id', referencedColumn: 'id' }],
        },
        {
          referencedTable: { projectId: project, datasetId: 'sales', tableId: 'days' },
          columnReferences: [{ referencingColumn: 'day', referencedColumn: 'day' }],
        },
      ],
    },
  }),
  tableOf('__proto__', {
    schema: { fields: [{ name: '__proto__', type: 'BOOLEAN', mode: 'NULLABLE' }] },
    rangePartitioning: { field: '__proto__', range: { start: '0', end: '9', interval: '3' } },
  }),
  tableOf('days', {
    schema: { fields: [{ name: 'day', type: 'DATE' }] },
    timePartitioning: { type: 'DAY', field: 'day' },
  }),
  tableOf('months', { timePartitioning: { type: 'DAY' } }),
  tableOf(long, { type: 'VIEW', numRows: '0', schema: { fields: [{ name: long, type: 'JSON' }] } }),
  tableOf('rollup', { type: 'MATERIALIZED_VIEW', timePartitioning: { type: 'DAY', field: 'd' } }),
  tableOf('sheet', { type: 'EXTERNAL', numRows: '0' }, 'outside'),
  tableOf('before', { type: 'SNAPSHOT' }, 'outside'),
];

const column = (name: string, type: string, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  ...{ name, type, nullable: true, default: null, comment: null, generated: null, identity: null },
  ...more,
});
const catalogTable = (name: string, more: Partial<CatalogTable> = {}): CatalogTable => ({
  ...{ schema: 'sales', name, kind: 'table', comment: null, rowEstimate: null, columns: [] },
  ...{ primaryKey: null, uniqueKeys: [], foreignKeys: [], checks: [], indexes: [] },
  ...{ partitionOf: null, partitionKey: null },
  ...more,
});
const keyTo = (name: string, from: string, table: string, to: string) => ({
  ...{ name, columns: [from], referencedSchema: 'sales', referencedTable: table },
  ...{ referencedColumns: [to], onUpdate: 'no action' as const, onDelete: 'no action' as const },
});

describe.skipIf(vendorMissing !== null)(`a stand-in of BigQuery ${vendorMissing ?? ''}`, () => {
  conforms({
    dialect: 'BIGQUERY',
    connector,
    against: "a stand-in that the vendor's SDK accepts, rogue servers; no project",
    useServer: () => standIn.useServer(),
    vendorHost: apiHost,
    moreHosts: [tokenHost],
    secret: { field: 'bigQueryJsonKey', wrong: makeServiceAccountKey().json() },
    steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
    version: /^BigQuery API v2$/,
    wrong: {
      host: null,
      port: null,
      user: null,
      database: {
        changes: { databaseName: 'no_such_dataset' },
        step: 'query',
        failure: 'DATABASE_NOT_FOUND',
      },
    },
    awkward: {
      sql: JSON.stringify(awkward),
      expected: [
        catalogTable('orders', {
          kind: 'partitioned table',
          comment: 'every order',
          columns: [
            column('id', 'INT64', { nullable: false, comment: 'the id' }),
            column('at', 'TIMESTAMP', { default: 'CURRENT_TIMESTAMP()' }),
            column('day', 'RANGE<DATE>'),
            column('exact', 'TIMESTAMP(12)'),
            column(
              'lines',
              'ARRAY<STRUCT<sku STRING(20), price NUMERIC(10, 2), `odd tag` ARRAY<BYTES>>>',
              { nullable: false },
            ),
            column('vector', 'FLOAT64', { generated: { kind: 'stored', expression: 'f(id)' } }),
          ],
          primaryKey: { name: 'orders.pk$', columns: ['id'] },
          foreignKeys: [
            keyTo('orders_customer', 'id', '__proto__', 'constructor'),
            keyTo('orders.fk$3', 'day', 'days', 'day'),
          ],
          partitionKey: 'TIMESTAMP_TRUNC(at, HOUR)',
        }),
        catalogTable('__proto__', {
          kind: 'partitioned table',
          columns: [column('__proto__', 'BOOL')],
          partitionKey: 'RANGE_BUCKET(__proto__, GENERATE_ARRAY(0, 9, 3))',
        }),
        catalogTable('days', {
          kind: 'partitioned table',
          columns: [column('day', 'DATE')],
          partitionKey: 'day',
        }),
        catalogTable('months', { kind: 'partitioned table', partitionKey: '_PARTITIONDATE' }),
        catalogTable(long, { kind: 'view', columns: [column(long, 'JSON')] }),
        catalogTable('rollup', { kind: 'materialized view' }),
        catalogTable('sheet', { schema: 'outside', kind: 'foreign table' }),
        catalogTable('before', { schema: 'outside' }),
      ],
    },
    *thousandTables() {
      const fields = Array.from({ length: 20 }, (_, n) => ({ name: `c${n}`, type: 'STRING' }));
      for (let n = 0; n < 1_000; n += 1) {
        yield JSON.stringify([tableOf(`t${n}`, { schema: { fields } }, 'large')]);
      }
    },
  });
});
