import { describe, expect, test } from 'vitest';
import type { SpannerTable } from '../../stand-ins/spanner-results.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { conforms } from '../conformance.ts';
import { catalogTable, column } from '../conformance/expected-parts.ts';
import { apiHost, makeSpanner, tokenHost } from './spanner-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { connector, standIn, state } = makeSpanner();
const long = `"'\`;--\t\u{0}\\"[]{}💥${'x'.repeat(5_000)}`;

const tableOf = (name: string, more: Partial<SpannerTable> = {}): SpannerTable => ({
  ...{ schema: '', name, type: 'BASE TABLE', columns: [], keys: [], checks: [], indexes: [] },
  ...more,
});
type Fields = SpannerTable['columns'][number];
/** A row of COLUMNS, in the words of GoogleSQL databases. */
const field = (name: string, type: string, nullable = 'YES', more: Fields = []): Fields => {
  const [value = null, generated = 'NEVER', expression = null, stored = null, identity = 'NO'] =
    more;
  return [name, type, nullable, value, generated, expression, stored, identity, more[5] ?? null];
};
const awkward = [
  tableOf('Orders', {
    columns: [
      field('Id', 'INT64', 'NO', [null, 'NEVER', null, null, 'YES', 'BY DEFAULT']),
      field('Customer', 'STRING(36)', 'YES', ['"nobody"']),
      field('Lines', 'ARRAY<STRING(MAX)>'),
      field('Sum', 'NUMERIC', 'YES', [null, 'ALWAYS', 'Net * 1.2', 'YES']),
      field('Year', 'INT64', 'YES', [null, 'ALWAYS', 'EXTRACT(YEAR FROM At)', 'NO']),
    ],
    keys: [
      ['FK_Customer', 'FOREIGN KEY', 'Customer', 'crm', '__proto__', 'Id', 'NO ACTION', 'CASCADE'],
      ['IDX_Orders_Customer', 'UNIQUE', 'Customer', null, null, null, null, null],
      ['PK_Orders', 'PRIMARY KEY', 'Id', null, null, null, null, null],
      ['PK_Orders', 'PRIMARY KEY', 'Customer', null, null, null, null, null],
    ],
    checks: [['positive', 'Net > 0']],
    indexes: [
      ['ByCustomer', 'INDEX', true, true, 'Sum', null, null],
      ['ByCustomer', 'INDEX', true, true, 'Customer', '1', 'ASC'],
      ['ByCustomer', 'INDEX', true, true, 'Year', '2', 'DESC'],
      ['Words', 'SEARCH', false, false, 'Lines', '1', null],
    ],
  }),
  tableOf('__proto__', {
    schema: 'crm',
    columns: [['Id', 'character varying(36)', 'NO', null, 'NEVER', null, null, 'NO', null]],
    // As PostgreSQL databases have it.
    indexes: [['by_id', 'INDEX', 'YES', 'NO', 'Id', '1', 'DESC NULLS LAST']],
  }),
  tableOf(long, { schema: '\u{ff21}', type: 'VIEW', columns: [field(long, long)] }),
  // By bytes after the one before, by UTF-16 code units ahead of it.
  tableOf('m', { schema: '\u{1f4a5}' }),
];

describe.skipIf(vendorMissing !== null)(`a stand-in of Spanner ${vendorMissing ?? ''}`, () => {
  conforms({
    dialect: 'SPANNER',
    connector,
    useServer: () => standIn.useServer(),
    against: "a stand-in that Google's REST client accepts, rogue servers; no instance",
    vendorHost: apiHost,
    moreHosts: [tokenHost],
    secret: { field: 'bigQueryJsonKey', wrong: makeServiceAccountKey().json() },
    steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
    version: /^Cloud Spanner, GoogleSQL$/,
    wrong: {
      host: null,
      port: null,
      user: null,
      database: {
        changes: { databaseName: 'no-such-database' },
        step: 'query',
        failure: 'DATABASE_NOT_FOUND',
      },
    },
    awkward: {
      sql: JSON.stringify(awkward),
      expected: [
        catalogTable('', 'Orders', {
          columns: [
            column('Id', 'INT64', { nullable: false, identity: 'by default' }),
            column('Customer', 'STRING(36)', { default: '"nobody"' }),
            column('Lines', 'ARRAY<STRING(MAX)>'),
            column('Sum', 'NUMERIC', { generated: { kind: 'stored', expression: 'Net * 1.2' } }),
            column('Year', 'INT64', {
              generated: { kind: 'virtual', expression: 'EXTRACT(YEAR FROM At)' },
            }),
          ],
          primaryKey: { name: 'PK_Orders', columns: ['Id', 'Customer'] },
          uniqueKeys: [{ name: 'IDX_Orders_Customer', columns: ['Customer'] }],
          foreignKeys: [
            {
              ...{ name: 'FK_Customer', columns: ['Customer'], referencedSchema: 'crm' },
              ...{ referencedTable: '__proto__', referencedColumns: ['Id'] },
              ...{ onUpdate: 'no action', onDelete: 'cascade' },
            },
          ],
          checks: [{ name: 'positive', expression: 'Net > 0' }],
          indexes: [
            {
              ...{ name: 'ByCustomer', unique: true, method: 'index', includes: ['Sum'] },
              columns: [
                { name: 'Customer', expression: null, descending: false },
                { name: 'Year', expression: null, descending: true },
              ],
              predicate: 'Customer IS NOT NULL AND Year IS NOT NULL',
            },
            {
              ...{ name: 'Words', unique: false, method: 'search', includes: [] },
              columns: [{ name: 'Lines', expression: null, descending: false }],
              predicate: null,
            },
          ],
        }),
        catalogTable('crm', '__proto__', {
          columns: [column('Id', 'character varying(36)', { nullable: false })],
          indexes: [
            {
              ...{ name: 'by_id', unique: true, method: 'index', includes: [], predicate: null },
              columns: [{ name: 'Id', expression: null, descending: true }],
            },
          ],
        }),
        catalogTable('\u{ff21}', long, { kind: 'view', columns: [column(long, long)] }),
        catalogTable('\u{1f4a5}', 'm'),
      ],
    },
    *thousandTables() {
      const columns = Array.from({ length: 20 }, (_, n) => field(`c${n}`, 'STRING(MAX)'));
      const tables = Array.from({ length: 1_000 }, (_, n) => tableOf(`t${n}`, { columns }));
      yield JSON.stringify(tables);
    },
  });

  test('no session is left, after all of this', () => {
    expect(state.made).toBeGreaterThan(10);
    expect(state.sessions).toEqual(new Set());
  });
});
