import type { CatalogIndex, CatalogTable } from '../../../shared/catalog.ts';
import { catalogIndex, catalogTable, column } from '../conformance/expected-parts.ts';
import type { SqlServerTable } from '../../stand-ins/sql-server/catalog.ts';

type Facts = readonly (string | null)[];

interface ColumnFacts {
  readonly typeSchema?: string;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly nullable?: boolean;
  readonly default?: string;
  readonly comment?: string;
  /** An expression, or that nobody may see it; and whether it is stored. */
  readonly computed?: readonly [string | null, boolean];
  readonly identity?: boolean;
}

/** A row of sys.columns, as our statement asks for it, without its object_id. */
export function columnFacts(at: number, name: string, type: string, more: ColumnFacts = {}): Facts {
  const flag = (is: boolean): string => (is ? '1' : '0');
  const { length = 4, precision = 0, scale = 0, computed } = more;
  return [
    ...[`${at}`, name, type, more.typeSchema ?? null, `${length}`, `${precision}`, `${scale}`],
    ...[flag(more.nullable ?? true), more.default ?? null, more.comment ?? null],
    ...[computed?.[0] ?? null, computed ? flag(computed[1]) : null, flag(more.identity ?? false)],
  ];
}

interface IndexFacts {
  readonly unique?: boolean;
  readonly primary?: boolean;
  readonly constraint?: boolean;
  readonly type?: string;
  readonly filter?: string;
}

/** Rows of sys.index_columns: of each column its place in the key (0 for none), and what else it is. */
function indexFacts(
  id: number,
  name: string,
  {
    unique = false,
    primary = false,
    constraint = false,
    type = 'NONCLUSTERED',
    filter,
  }: IndexFacts,
  columns: readonly (readonly [column: string, place: number, is?: 'included' | 'descending'])[],
): Facts[] {
  const flag = (is: boolean): string => (is ? '1' : '0');
  return columns.map(([column, place, is], n) => [
    ...[`${id}`, name, flag(unique), flag(primary), flag(constraint), type, filter ?? null],
    ...[`${n + 1}`, `${place}`, flag(is === 'included'), flag(is === 'descending'), column],
  ]);
}

const table = ({ schema = 'dbo', name = 'T', ...more }: Partial<CatalogTable>): CatalogTable =>
  catalogTable(schema, name, more);

const index = (name: string, method: string, more: Partial<CatalogIndex>): CatalogIndex =>
  catalogIndex(name, { method, ...more });
const keyColumn = (name: string, descending = false) => ({ name, expression: null, descending });

const long = `"'[]];--\t\u{1}💥${'x'.repeat(110)}`;
const comment = `it's "odd" 鯨\n${'c'.repeat(5_000)}`;

const tables: SqlServerTable[] = [
  {
    ...{ schema: 'dbo', name: 'Orders', type: 'U', comment, rows: '12' },
    columns: [
      columnFacts(1, 'Id', 'int', { nullable: false, identity: true, comment: 'the id' }),
      columnFacts(2, 'Name', 'nvarchar', { length: 100, default: "(N'nobody''s')" }),
      columnFacts(3, 'Text', 'nvarchar', { length: -1 }),
      columnFacts(4, 'Code', 'char', { length: 8, nullable: false }),
      columnFacts(5, 'Photo', 'varbinary', { length: -1 }),
      columnFacts(6, 'Price', 'decimal', { length: 9, precision: 12, scale: 2 }),
      columnFacts(7, 'At', 'datetime2', { length: 8, precision: 27, scale: 7 }),
      columnFacts(8, 'Phone', 'Phone', { length: 40, typeSchema: 'types' }),
      columnFacts(9, 'Place', 'geography', { length: -1 }),
      columnFacts(10, 'Total', 'decimal', {
        ...{ length: 17, precision: 38, scale: 4, computed: ['([Price]*(2))', true] },
      }),
      columnFacts(11, 'Hidden', 'int', { computed: [null, false] }),
    ],
    indexes: [
      ...indexFacts(1, 'PK_Orders', { unique: true, primary: true, type: 'CLUSTERED' }, [
        ['Id', 1],
      ]),
      ...indexFacts(2, 'UQ_Code', { unique: true, constraint: true }, [
        ['Code', 1],
        ['Name', 2, 'descending'],
      ]),
      ...indexFacts(3, 'IX_Filtered', { unique: true, filter: '([Price]>(0))' }, [
        ['At', 0, 'included'],
        ['Price', 1],
      ]),
      ...indexFacts(4, 'IX_Place', { type: 'SPATIAL' }, [['Place', 0]]),
      ...indexFacts(5, 'CS', { type: 'NONCLUSTERED COLUMNSTORE' }, [
        ['Id', 0, 'included'],
        ['Price', 0, 'included'],
      ]),
    ],
    foreignKeys: [
      ['FK_Self', '1', 'Id', 'dbo', 'Orders', 'Id', 'NO_ACTION', 'NO_ACTION'],
      ['FK_Proto', '1', 'Code', 'a.b', '__proto__', 'constructor', 'CASCADE', 'SET_NULL'],
      ['FK_Proto', '2', 'Name', 'a.b', '__proto__', long, 'CASCADE', 'SET_NULL'],
    ],
    checks: [
      ['CK_Price', '([Price]>=(0))'],
      ['CK_Unseen', null],
    ],
  },
  {
    ...{ schema: 'a.b', name: '__proto__', type: 'U', comment: '', rows: null },
    partitionColumn: 'da]te',
    columns: [
      columnFacts(1, 'constructor', 'sysname', { length: 256, nullable: false }),
      columnFacts(2, long, 'datetimeoffset', { length: 10, precision: 34, scale: 0 }),
      columnFacts(3, 'da]te', 'date', { length: 3, precision: 10 }),
    ],
  },
  {
    ...{ schema: long, name: long, type: 'V', comment: null, rows: null },
    columns: [columnFacts(1, long, 'float', { length: 8, precision: 53 })],
  },
  {
    ...{ schema: 'dbo', name: 'Totals', type: 'V', comment: null, rows: '3', isClustered: true },
    columns: [columnFacts(1, 'n', 'bigint', { length: 8, precision: 19, nullable: false })],
    indexes: indexFacts(1, 'IXV', { unique: true, type: 'CLUSTERED' }, [['n', 1]]),
  },
  {
    ...{ schema: 'dbo', name: 'Far', type: 'U', comment: null, rows: '0', isExternal: true },
    columns: [columnFacts(1, 'x', 'xml', { length: -1 })],
  },
];

const expected: CatalogTable[] = [
  table({
    name: 'Orders',
    comment,
    columns: [
      column('Id', 'int', { nullable: false, identity: 'always', comment: 'the id' }),
      column('Name', 'nvarchar(50)', { default: "(N'nobody''s')" }),
      column('Text', 'nvarchar(max)'),
      column('Code', 'char(8)', { nullable: false }),
      column('Photo', 'varbinary(max)'),
      column('Price', 'decimal(12,2)'),
      column('At', 'datetime2(7)'),
      column('Phone', 'types.Phone'),
      column('Place', 'geography'),
      column('Total', 'decimal(38,4)', {
        generated: { kind: 'stored', expression: '([Price]*(2))' },
      }),
      column('Hidden', 'int', { generated: { kind: 'virtual', expression: '' } }),
    ],
    primaryKey: { name: 'PK_Orders', columns: ['Id'] },
    uniqueKeys: [{ name: 'UQ_Code', columns: ['Code', 'Name'] }],
    foreignKeys: [
      {
        ...{ name: 'FK_Self', columns: ['Id'], referencedSchema: 'dbo', referencedTable: 'Orders' },
        ...{ referencedColumns: ['Id'], onUpdate: 'no action', onDelete: 'no action' },
      },
      {
        ...{ name: 'FK_Proto', columns: ['Code', 'Name'], referencedSchema: 'a.b' },
        ...{ referencedTable: '__proto__', referencedColumns: ['constructor', long] },
        ...{ onUpdate: 'cascade', onDelete: 'set null' },
      },
    ],
    checks: [{ name: 'CK_Price', expression: '([Price]>=(0))' }],
    indexes: [
      index('PK_Orders', 'clustered', { unique: true, columns: [keyColumn('Id')] }),
      index('UQ_Code', 'nonclustered', {
        ...{ unique: true, columns: [keyColumn('Code'), keyColumn('Name', true)] },
      }),
      index('IX_Filtered', 'nonclustered', {
        ...{ unique: true, columns: [keyColumn('Price')], includes: ['At'] },
        predicate: '([Price]>(0))',
      }),
      index('IX_Place', 'spatial', { columns: [keyColumn('Place')] }),
      index('CS', 'nonclustered columnstore', { includes: ['Id', 'Price'] }),
    ],
  }),
  table({
    ...{ schema: 'a.b', name: '__proto__', kind: 'partitioned table' },
    columns: [
      column('constructor', 'sysname', { nullable: false }),
      column(long, 'datetimeoffset(0)'),
      column('da]te', 'date'),
    ],
    partitionKey: 'RANGE ([da]]te])',
  }),
  table({ schema: long, name: long, kind: 'view', columns: [column(long, 'float')] }),
  table({
    ...{ name: 'Totals', kind: 'materialized view' },
    columns: [column('n', 'bigint', { nullable: false })],
    indexes: [index('IXV', 'clustered', { unique: true, columns: [keyColumn('n')] })],
  }),
  table({ name: 'Far', kind: 'foreign table', columns: [column('x', 'xml')] }),
];

/** Everything that SQL Server's catalog can say of a table, and what it should read as. */
export const awkwardSqlServer = { tables, sql: JSON.stringify(tables), expected };
