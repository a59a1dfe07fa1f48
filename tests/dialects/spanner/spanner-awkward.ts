import type { CatalogTable } from '../../../shared/catalog.ts';
import { catalogIndex, catalogTable, column } from '../../connectors/conformance/expected-parts.ts';

const statements = [
  `CREATE TABLE Orders (
    Id INT64 NOT NULL, Customer STRING(36) DEFAULT ("nobody"), Lines ARRAY<STRING(MAX)>, Net NUMERIC,
    Total NUMERIC AS (Net * 2) STORED, CONSTRAINT positive CHECK (Net > 0)
  ) PRIMARY KEY (Id)`,
  // By its own primary key: an index that the server makes for a foreign key has a name of its choice.
  `CREATE TABLE Parcels (
    Id INT64 NOT NULL, CONSTRAINT FK_Orders FOREIGN KEY (Id) REFERENCES Orders (Id) ON DELETE CASCADE
  ) PRIMARY KEY (Id)`,
  'CREATE UNIQUE NULL_FILTERED INDEX ByCustomer ON Orders (Customer DESC) STORING (Net)',
];

const expected: CatalogTable[] = [
  catalogTable('', 'Orders', {
    columns: [
      column('Id', 'INT64', { nullable: false }),
      column('Customer', 'STRING(36)', { default: '"nobody"' }),
      column('Lines', 'ARRAY<STRING(MAX)>'),
      column('Net', 'NUMERIC'),
      column('Total', 'NUMERIC', { generated: { kind: 'stored', expression: 'Net * 2' } }),
    ],
    primaryKey: { name: 'PK_Orders', columns: ['Id'] },
    checks: [{ name: 'positive', expression: 'Net > 0' }],
    indexes: [
      catalogIndex('ByCustomer', {
        ...{ unique: true, method: 'index', includes: ['Net'] },
        columns: [{ name: 'Customer', expression: null, descending: true }],
        predicate: 'Customer IS NOT NULL',
      }),
    ],
  }),
  catalogTable('', 'Parcels', {
    columns: [column('Id', 'INT64', { nullable: false })],
    primaryKey: { name: 'PK_Parcels', columns: ['Id'] },
    foreignKeys: [
      {
        ...{ name: 'FK_Orders', columns: ['Id'], referencedSchema: '', referencedTable: 'Orders' },
        ...{ referencedColumns: ['Id'], onUpdate: 'no action', onDelete: 'cascade' },
      },
    ],
  }),
];

/** What of Spanner's catalog its emulator has, with what the documentation says that it reads as. */
export const awkwardSpanner = { sql: JSON.stringify(statements), expected };

export function* thousandTables(): Generator<string> {
  const columns = Array.from({ length: 20 }, (_, n) => `C${n} INT64`).join(', ');
  for (let first = 0; first < 1_000; first += 100) {
    const names = Array.from({ length: 100 }, (_, n) => `T${first + n}`);
    yield JSON.stringify(names.map((name) => `CREATE TABLE ${name} (${columns}) PRIMARY KEY (C0)`));
  }
}
