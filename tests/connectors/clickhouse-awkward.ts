import type { CatalogColumn, CatalogIndex, CatalogTable } from '../../shared/catalog.ts';
import { column as nullableColumn } from './conformance/expected-parts.ts';

const column = (name: string, type: string, more: Partial<CatalogColumn> = {}): CatalogColumn =>
  nullableColumn(name, type, { nullable: false, ...more });

const key = (name: string | null, expression: string | null = null) => ({
  name,
  expression,
  descending: false,
});

const index = (name: string, method: string, columns: CatalogIndex['columns']): CatalogIndex => ({
  name,
  unique: false,
  method,
  columns,
  includes: [],
  predicate: null,
});

const empty = {
  comment: null,
  rowEstimate: null,
  primaryKey: null,
  uniqueKeys: [],
  foreignKeys: [],
  checks: [],
  indexes: [],
  partitionOf: null,
  partitionKey: null,
};

/** Longer than any label, but not than the file name that ClickHouse makes of it. */
const long = 'l'.repeat(200);

/** Everything awkward that ClickHouse 18.16 can express, and what it should read as. */
export function awkwardClickhouse(schema: string): {
  readonly sql: string;
  readonly expected: readonly CatalogTable[];
} {
  return {
    sql: [
      `create table ${schema}.\`odd \\\` "name" \\\\ \t ünï 💥\` (
        id UInt64, \`x\\\`y, (z\` String comment 'it''s \\t a \\n comment — ünï', at DateTime default now(),
        said String default concat('a,(', toString(id)), kept UInt8 materialized 1,
        shown UInt64 alias id + 1, maybe Nullable(Decimal(12, 2)), kind Enum8('a,b' = 1, 'c)' = 2),
        deep Array(Array(Nullable(Int8))), d Date
      ) engine = MergeTree partition by toYYYYMM(d)
        primary key (id, intHash32(id)) order by (id, intHash32(id), \`x\\\`y, (z\`)
        sample by intHash32(id)`,
      `create table ${schema}.__proto__ (constructor String, \`__proto__\` Int8) engine = Log`,
      `create table ${schema}.\`${long}\` (\`${'c'.repeat(5_000)}\` Int8) engine = Memory`,
      `create view ${schema}.looking as select 1 as one, 'a' as two`,
      `create materialized view ${schema}.kept engine = MergeTree order by constructor
        as select constructor from ${schema}.__proto__`,
      `create table ${schema}.elsewhere (id UInt64) engine = URL('http://127.0.0.1:1/', CSV)`,
    ].join(';;'),
    expected: [
      {
        ...empty,
        schema,
        name: 'odd ` "name" \\ \t ünï 💥',
        kind: 'table',
        columns: [
          column('id', 'UInt64'),
          column('x`y, (z', 'String', { comment: "it's \t a \n comment — ünï" }),
          column('at', 'DateTime', { default: 'now()' }),
          column('said', 'String', { default: "concat('a,(', toString(id))" }),
          column('maybe', 'Nullable(Decimal(12, 2))', { nullable: true }),
          column('kind', "Enum8('a,b' = 1, 'c)' = 2)"),
          column('deep', 'Array(Array(Nullable(Int8)))'),
          column('d', 'Date'),
          column('kept', 'UInt8', { generated: { kind: 'stored', expression: '1' } }),
          column('shown', 'UInt64', { generated: { kind: 'virtual', expression: 'id + 1' } }),
        ],
        indexes: [
          index('PRIMARY KEY', 'primary key', [key('id'), key(null, 'intHash32(id)')]),
          index('ORDER BY', 'sorting key', [key('id'), key(null, 'intHash32(id)'), key('x`y, (z')]),
        ],
        partitionKey: 'toYYYYMM(d)',
      },
      {
        ...empty,
        schema,
        name: '__proto__',
        kind: 'table',
        columns: [column('constructor', 'String'), column('__proto__', 'Int8')],
      },
      {
        ...empty,
        schema,
        name: long,
        kind: 'table',
        columns: [column('c'.repeat(5_000), 'Int8')],
      },
      {
        ...empty,
        schema,
        name: 'looking',
        kind: 'view',
        columns: [column('one', 'UInt8'), column('two', 'String')],
      },
      {
        ...empty,
        schema,
        name: 'kept',
        kind: 'materialized view',
        columns: [column('constructor', 'String')],
      },
      {
        ...empty,
        schema,
        name: 'elsewhere',
        kind: 'foreign table',
        columns: [column('id', 'UInt64')],
      },
    ],
  };
}
