import type { CatalogTable } from '../../../shared/catalog.ts';
import { catalogIndex, catalogTable, column } from '../../connectors/conformance/expected-parts.ts';

const required = { nullable: false } as const;
const comment = 'it\'s "odd" 鯨';
const described = (text: string, ...names: readonly string[]): string => {
  const levels = names.map((name, n) => `, N'${['SCHEMA', 'TABLE', 'COLUMN'][n]}', N'${name}'`);
  const value = text.replaceAll("'", "''");
  return `exec sp_addextendedproperty N'MS_Description', N'${value}'${levels.join('')}`;
};

const batches = [
  'create schema [a.b]',
  'create type dbo.Phone from nvarchar(20)',
  `create table dbo.Orders (
    Id int identity not null constraint PK_Orders primary key clustered,
    Name nvarchar(50) constraint DF_Name default N'nobody''s',
    Text nvarchar(max), Code char(8) not null, Photo varbinary(max), Price decimal(12,2),
    At datetime2(7), Phone dbo.Phone, Place geography, Same as (Price) persisted, Again as (Price),
    Parent int constraint FK_Self references dbo.Orders (Id),
    constraint UQ_Code unique (Code, Name desc), constraint CK_Price check (Price >= 0))`,
  'create unique index IX_Filtered on dbo.Orders (Price) include (At) where Price > 0',
  described(comment, 'dbo', 'Orders'),
  described('the id', 'dbo', 'Orders', 'Id'),
  `create table [a.b].[__proto__] ([constructor] int not null, [o]]d"d] nvarchar(20) not null,
    constraint PK_Proto primary key ([constructor], [o]]d"d]))`,
  `create table dbo.Lines (A int, B nvarchar(20), constraint FK_Proto foreign key (A, B)
    references [a.b].[__proto__] ([constructor], [o]]d"d]) on update cascade on delete set null)`,
  "create partition function byDay (date) as range right for values ('2026-01-01')",
  'create partition scheme byDay as partition byDay all to ([primary])',
  'create table dbo.Days (Day date not null, N float) on byDay (Day)',
  'create view dbo.Prices as select Price from dbo.Orders',
  'create view dbo.Codes with schemabinding as select Code from dbo.Orders',
  'create unique clustered index IXV on dbo.Codes (Code)',
];

const key = (name: string, descending = false) => ({ name, expression: null, descending });
const unique = { unique: true } as const;

const expected: CatalogTable[] = [
  catalogTable('dbo', 'Orders', {
    comment,
    columns: [
      column('Id', 'int', { ...required, identity: 'always', comment: 'the id' }),
      column('Name', 'nvarchar(50)', { default: "(N'nobody''s')" }),
      column('Text', 'nvarchar(max)'),
      column('Code', 'char(8)', required),
      column('Photo', 'varbinary(max)'),
      column('Price', 'decimal(12,2)'),
      column('At', 'datetime2(7)'),
      column('Phone', 'dbo.Phone'),
      column('Place', 'geography'),
      column('Same', 'decimal(12,2)', { generated: { kind: 'stored', expression: '([Price])' } }),
      column('Again', 'decimal(12,2)', { generated: { kind: 'virtual', expression: '([Price])' } }),
      column('Parent', 'int'),
    ],
    primaryKey: { name: 'PK_Orders', columns: ['Id'] },
    uniqueKeys: [{ name: 'UQ_Code', columns: ['Code', 'Name'] }],
    foreignKeys: [
      {
        ...{ name: 'FK_Self', columns: ['Parent'], referencedSchema: 'dbo' },
        ...{ referencedTable: 'Orders', referencedColumns: ['Id'] },
        ...{ onUpdate: 'no action', onDelete: 'no action' },
      },
    ],
    checks: [{ name: 'CK_Price', expression: '([Price]>=(0))' }],
    indexes: [
      catalogIndex('PK_Orders', { ...unique, method: 'clustered', columns: [key('Id')] }),
      catalogIndex('UQ_Code', {
        ...{ ...unique, method: 'nonclustered', columns: [key('Code'), key('Name', true)] },
      }),
      catalogIndex('IX_Filtered', {
        ...{ ...unique, method: 'nonclustered', columns: [key('Price')], includes: ['At'] },
        predicate: '([Price]>(0))',
      }),
    ],
  }),
  catalogTable('a.b', '__proto__', {
    columns: [column('constructor', 'int', required), column('o]d"d', 'nvarchar(20)', required)],
    primaryKey: { name: 'PK_Proto', columns: ['constructor', 'o]d"d'] },
    indexes: [
      catalogIndex('PK_Proto', {
        ...{ ...unique, method: 'clustered', columns: [key('constructor'), key('o]d"d')] },
      }),
    ],
  }),
  catalogTable('dbo', 'Lines', {
    columns: [column('A', 'int'), column('B', 'nvarchar(20)')],
    foreignKeys: [
      {
        ...{ name: 'FK_Proto', columns: ['A', 'B'], referencedSchema: 'a.b' },
        ...{ referencedTable: '__proto__', referencedColumns: ['constructor', 'o]d"d'] },
        ...{ onUpdate: 'cascade', onDelete: 'set null' },
      },
    ],
  }),
  catalogTable('dbo', 'Days', {
    kind: 'partitioned table',
    columns: [column('Day', 'date', required), column('N', 'float')],
    partitionKey: 'RANGE ([Day])',
  }),
  catalogTable('dbo', 'Prices', { kind: 'view', columns: [column('Price', 'decimal(12,2)')] }),
  catalogTable('dbo', 'Codes', {
    ...{ kind: 'materialized view', columns: [column('Code', 'char(8)', required)] },
    indexes: [catalogIndex('IXV', { ...unique, method: 'clustered', columns: [key('Code')] })],
  }),
];

/** Everything awkward that SQL Server 2022 can express, with what its documentation says that it reads as. */
export const awkwardSqlServer = { sql: batches.join('\ngo\n'), expected };

export function* thousandTables(): Generator<string> {
  const columns = Array.from({ length: 20 }, (_, n) => `C${n} int`).join(', ');
  yield 'create schema large';
  for (let first = 0; first < 1_000; first += 100) {
    const names = Array.from({ length: 100 }, (_, n) => `large.T${first + n}`);
    yield names.map((name) => `create table ${name} (${columns});`).join('\n');
  }
}
