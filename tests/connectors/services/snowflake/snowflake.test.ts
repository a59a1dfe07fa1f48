import { describe } from 'vitest';
import type { CatalogTable } from '../../../../shared/catalog.ts';
import { conforms } from '../../conformance.ts';
import { catalogTable, column } from '../../conformance/expected-parts.ts';
import { vendorMissing } from '../vendor-server.ts';
import { connector, field, host, standIn, tableOf } from './snowflake-server.ts';

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

const table = ({ schema = 'PUBLIC', name = 'T', ...more }: Partial<CatalogTable>): CatalogTable =>
  catalogTable(schema, name, more);

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
        table({
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
        table({ name: '__proto__', columns: [column('ID', 'VARCHAR')] }),
        table({
          ...{ schema: '\u{ff21}', name: long, kind: 'view', columns: [column(long, 'DATE')] },
        }),
        table({ schema: '\u{1f4a5}', name: 'm', kind: 'materialized view' }),
        table({ schema: 'zoo', name: 'f', kind: 'foreign table' }),
      ],
    },
    *thousandTables() {
      const columns = Array.from({ length: 20 }, (_, n) => field(`C${n}`, 'BOOLEAN'));
      for (let n = 0; n < 1_000; n += 1) {
        yield JSON.stringify([tableOf({ schema: 'LARGE', name: `T${n}`, columns })]);
      }
    },
  });
});
