import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';
import { catalogIndex, catalogTable, column } from '../../connectors/conformance/expected-parts.ts';

const required = (name: string, type: string, more: Partial<CatalogColumn> = {}): CatalogColumn =>
  column(name, type, { nullable: false, ...more });
const key = (name: string) => ({ name, expression: null, descending: false });
const hash = { name: null, expression: 'intHash32(id)', descending: false };
const odd = 'odd ` "name" \\ \t ünï 💥';
const long = 'l'.repeat(100);

/**
 * Everything awkward that current versions of ClickHouse can express beyond 18.16, with what their
 * documentation says that it reads as: comments of tables, data skipping indexes, columns as declared.
 */
export function awkwardNewClickhouse(schema: string): {
  readonly sql: string;
  readonly expected: readonly CatalogTable[];
} {
  return {
    sql: [
      `create table ${schema}.\`odd \\\` "name" \\\\ \t ünï 💥\` (
        id UInt64, \`x\\\`y, (z\` String comment 'it''s \\t a \\n comment — ünï', at DateTime default now(),
        said String default concat('a,(', toString(id)), kept UInt8 materialized 1,
        shown UInt64 alias id + 1, maybe Nullable(Decimal(12, 2)), kind Enum8('a,b' = 1, 'c)' = 2),
        deep Array(Array(Nullable(Int8))), d Date, index words said type bloom_filter granularity 4
      ) engine = MergeTree partition by toYYYYMM(d)
        primary key (id, intHash32(id)) order by (id, intHash32(id), \`x\\\`y, (z\`)
        sample by intHash32(id) comment 'it''s odd'`,
      `create table ${schema}.__proto__ (constructor String, \`__proto__\` Int8) engine = Log`,
      `create table ${schema}.${long} (\`${'c'.repeat(5_000)}\` Int8) engine = Memory`,
      `create view ${schema}.looking as select 1 as one, 'a' as two`,
      `create materialized view ${schema}.kept engine = MergeTree order by constructor
        as select constructor from ${schema}.__proto__`,
      `create table ${schema}.elsewhere (id UInt64) engine = URL('http://127.0.0.1:1/', CSV)`,
    ].join(';;'),
    expected: [
      catalogTable(schema, odd, {
        comment: "it's odd",
        columns: [
          required('id', 'UInt64'),
          required('x`y, (z', 'String', { comment: "it's \t a \n comment — ünï" }),
          required('at', 'DateTime', { default: 'now()' }),
          required('said', 'String', { default: "concat('a,(', toString(id))" }),
          required('kept', 'UInt8', { generated: { kind: 'stored', expression: '1' } }),
          required('shown', 'UInt64', { generated: { kind: 'virtual', expression: 'id + 1' } }),
          column('maybe', 'Nullable(Decimal(12, 2))'),
          required('kind', "Enum8('a,b' = 1, 'c)' = 2)"),
          required('deep', 'Array(Array(Nullable(Int8)))'),
          required('d', 'Date'),
        ],
        indexes: [
          catalogIndex('PRIMARY KEY', { method: 'primary key', columns: [key('id'), hash] }),
          catalogIndex('ORDER BY', {
            ...{ method: 'sorting key', columns: [key('id'), hash, key('x`y, (z')] },
          }),
          catalogIndex('words', { method: 'bloom_filter', columns: [key('said')] }),
        ],
        partitionKey: 'toYYYYMM(d)',
      }),
      catalogTable(schema, '__proto__', {
        columns: [required('constructor', 'String'), required('__proto__', 'Int8')],
      }),
      catalogTable(schema, long, { columns: [required('c'.repeat(5_000), 'Int8')] }),
      catalogTable(schema, 'looking', {
        ...{ kind: 'view', columns: [required('one', 'UInt8'), required('two', 'String')] },
      }),
      catalogTable(schema, 'kept', {
        ...{ kind: 'materialized view', columns: [required('constructor', 'String')] },
      }),
      catalogTable(schema, 'elsewhere', {
        ...{ kind: 'foreign table', columns: [required('id', 'UInt64')] },
      }),
    ],
  };
}
