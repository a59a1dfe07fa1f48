import type { CatalogTable } from '../../../shared/catalog.ts';
import type { Facts, OracleTable } from '../../stand-ins/oracle/catalog.ts';
import { catalogIndex, catalogTable, column } from '../conformance/expected-parts.ts';

interface ColumnFacts {
  readonly owner?: string;
  readonly modifier?: string;
  readonly bytes?: number;
  readonly characters?: number;
  readonly measure?: 'B' | 'C';
  readonly precision?: number;
  readonly scale?: number;
  readonly nullable?: boolean;
  readonly virtual?: boolean;
  readonly identity?: boolean;
  readonly definition?: string;
}

/** A row of all_tab_cols, as our statement asks for it, without the table's name. */
export function columnFacts(name: string, type: string, more: ColumnFacts = {}): Facts {
  const number = (value: number | undefined): string | null => value?.toString() ?? null;
  const yes = (is = false): string => (is ? 'YES' : 'NO');
  return [
    ...[name, type, more.owner ?? null, more.modifier ?? null, `${more.bytes ?? 22}`],
    ...[`${more.characters ?? 0}`, more.measure ?? null],
    ...[number(more.precision), number(more.scale), (more.nullable ?? true) ? 'Y' : 'N'],
    ...[yes(more.virtual), yes(more.identity), more.definition ?? null],
  ];
}

const fact = (kind: string, name: string | null, value: string | null, place?: number): Facts => [
  ...[kind, name, value, place?.toString() ?? null],
];

const long = `'[]);--\t\u{1}💥${'x'.repeat(100)}`;
const comment = `it's "odd" 鯨\n${'c'.repeat(3_900)}`;
const check = `"PRICE" > 0 and ${'x'.repeat(30_000)}`;

const tables: OracleTable[] = [
  {
    ...{ schema: 'SHOP', name: 'ORDERS', type: 'TABLE', rows: '12' },
    columns: [
      columnFacts('ID', 'NUMBER', {
        ...{ nullable: false, identity: true, definition: '"SHOP"."ISEQ$$_7".nextval' },
      }),
      columnFacts('NAME', 'VARCHAR2', {
        ...{ bytes: 200, characters: 50, measure: 'C', definition: `'nobody''s'\n ` },
      }),
      columnFacts('CODE', 'CHAR', { bytes: 8, characters: 8, measure: 'B', nullable: false }),
      columnFacts('TEXT', 'NVARCHAR2', { bytes: 100, characters: 50 }),
      columnFacts('PRICE', 'NUMBER', { precision: 12, scale: 2 }),
      columnFacts('COUNT', 'NUMBER', { scale: 0 }),
      columnFacts('ROUGH', 'NUMBER', { precision: 5, scale: -2 }),
      columnFacts('RATIO', 'FLOAT', { precision: 126 }),
      columnFacts('KEY', 'RAW', { bytes: 16, definition: 'sys_guid()' }),
      columnFacts('AT', 'TIMESTAMP(6) WITH TIME ZONE', { bytes: 13, scale: 6 }),
      columnFacts('PHOTO', 'BLOB', { bytes: 4_000 }),
      columnFacts('PLACE', 'SDO_GEOMETRY', { owner: 'MDSYS', bytes: 1 }),
      columnFacts('XML', 'XMLTYPE', { owner: 'SYS', bytes: 2_000 }),
      columnFacts('NEXT', 'ORDER_TYPE', { owner: 'SHOP', modifier: 'REF' }),
      columnFacts('TOTAL', 'NUMBER', { virtual: true, definition: '"PRICE"*"COUNT" ' }),
    ],
    facts: [
      fact('comment', null, comment),
      fact('column comment', 'NAME', 'the name'),
      fact('identity', 'ID', 'BY DEFAULT'),
    ],
    constraints: [
      ['PK_ORDERS', 'P', null, null, null, null],
      ['UQ_CODE', 'U', null, null, null, null],
      ['FK_SELF', 'R', 'SHOP', 'PK_ORDERS', 'NO ACTION', null],
      ['FK_PROTO', 'R', 'a.b', 'constructor', 'SET NULL', null],
      ['FK_UNSEEN', 'R', 'HIDDEN', 'PK', 'CASCADE', null],
      ['SYS_C001', 'C', null, null, null, '"ID" IS NOT NULL'],
      ['CK_PRICE', 'C', null, null, null, check],
    ],
    keyColumns: [
      ['PK_ORDERS', 'ID'],
      ['UQ_CODE', 'CODE'],
      ['UQ_CODE', 'NAME'],
      ['FK_SELF', 'ID'],
      ['FK_PROTO', 'CODE'],
      ['FK_PROTO', 'NAME'],
    ],
    referenced: [
      ['ORDERS', 'SHOP', 'PK_ORDERS', 'ID'],
      ['__proto__', 'a.b', 'constructor', 'constructor'],
      ['__proto__', 'a.b', 'constructor', long],
    ],
    indexes: [
      ['SHOP', 'PK_ORDERS', 'UNIQUE', 'NORMAL'],
      ['SHOP', 'IX_UPPER', 'NONUNIQUE', 'FUNCTION-BASED NORMAL'],
      ['DBA', 'PK_ORDERS', 'NONUNIQUE', 'BITMAP'],
    ],
    indexColumns: [
      ['SHOP', 'PK_ORDERS', 'ID', 'ASC', null],
      ['SHOP', 'IX_UPPER', 'SYS_NC00016$', 'ASC', 'UPPER("NAME")'],
      ['SHOP', 'IX_UPPER', 'SYS_NC00017$', 'DESC', '"PRICE"'],
      ['DBA', 'PK_ORDERS', 'COUNT', 'ASC', null],
    ],
  },
  {
    ...{ schema: 'a.b', name: '__proto__', type: 'TABLE', rows: null, isPartitioned: true },
    columns: [columnFacts('constructor', 'DATE', { bytes: 7 }), columnFacts(long, 'NUMBER')],
    facts: [
      fact('partitioning', null, 'RANGE'),
      fact('partition column', 'region', null, 2),
      fact('partition column', 'constructor', null, 1),
    ],
  },
  {
    ...{ schema: long, name: long, type: 'VIEW', rows: null },
    columns: [columnFacts(long, 'BINARY_DOUBLE', { bytes: 8 })],
  },
  {
    ...{ schema: 'SHOP', name: 'TOTALS', type: 'TABLE', rows: '3' },
    columns: [columnFacts('N', 'NUMBER', { precision: 10, scale: 0, nullable: false })],
    facts: [
      fact('comment', null, 'snapshot table for snapshot SHOP.TOTALS'),
      fact('materialized', null, 'sums'),
    ],
  },
  {
    ...{ schema: 'SHOP', name: 'FAR', type: 'TABLE', rows: null },
    columns: [columnFacts('X', 'INTERVAL DAY(2) TO SECOND(6)', { bytes: 11 })],
    facts: [fact('external', null, null)],
  },
];

const keyColumn = (name: string, descending = false) => ({ name, expression: null, descending });

const expected: CatalogTable[] = [
  {
    ...catalogTable('SHOP', 'ORDERS'),
    comment,
    columns: [
      column('ID', 'NUMBER', { nullable: false, identity: 'by default' }),
      column('NAME', 'VARCHAR2(50 CHAR)', { default: "'nobody''s'", comment: 'the name' }),
      column('CODE', 'CHAR(8 BYTE)', { nullable: false }),
      column('TEXT', 'NVARCHAR2(50)'),
      column('PRICE', 'NUMBER(12,2)'),
      column('COUNT', 'NUMBER(*,0)'),
      column('ROUGH', 'NUMBER(5,-2)'),
      column('RATIO', 'FLOAT(126)'),
      column('KEY', 'RAW(16)', { default: 'sys_guid()' }),
      column('AT', 'TIMESTAMP(6) WITH TIME ZONE'),
      column('PHOTO', 'BLOB'),
      column('PLACE', 'MDSYS.SDO_GEOMETRY'),
      column('XML', 'XMLTYPE'),
      column('NEXT', 'REF SHOP.ORDER_TYPE'),
      column('TOTAL', 'NUMBER', { generated: { kind: 'virtual', expression: '"PRICE"*"COUNT"' } }),
    ],
    primaryKey: { name: 'PK_ORDERS', columns: ['ID'] },
    uniqueKeys: [{ name: 'UQ_CODE', columns: ['CODE', 'NAME'] }],
    foreignKeys: [
      {
        ...{ name: 'FK_SELF', columns: ['ID'], referencedSchema: 'SHOP' },
        ...{ referencedTable: 'ORDERS', referencedColumns: ['ID'] },
        ...{ onUpdate: 'no action', onDelete: 'no action' },
      },
      {
        ...{ name: 'FK_PROTO', columns: ['CODE', 'NAME'], referencedSchema: 'a.b' },
        ...{ referencedTable: '__proto__', referencedColumns: ['constructor', long] },
        ...{ onUpdate: 'no action', onDelete: 'set null' },
      },
    ],
    checks: [{ name: 'CK_PRICE', expression: check }],
    indexes: [
      catalogIndex('PK_ORDERS', { unique: true, method: 'normal', columns: [keyColumn('ID')] }),
      catalogIndex('IX_UPPER', {
        method: 'function-based normal',
        columns: [
          { name: null, expression: 'UPPER("NAME")', descending: false },
          keyColumn('PRICE', true),
        ],
      }),
      catalogIndex('PK_ORDERS', { method: 'bitmap', columns: [keyColumn('COUNT')] }),
    ],
  },
  {
    ...catalogTable('a.b', '__proto__'),
    ...{ kind: 'partitioned table', partitionKey: 'RANGE (constructor, region)' },
    columns: [column('constructor', 'DATE'), column(long, 'NUMBER')],
  },
  { ...catalogTable(long, long), kind: 'view', columns: [column(long, 'BINARY_DOUBLE')] },
  {
    ...catalogTable('SHOP', 'TOTALS'),
    ...{ kind: 'materialized view', comment: 'sums' },
    columns: [column('N', 'NUMBER(10,0)', { nullable: false })],
  },
  {
    ...catalogTable('SHOP', 'FAR'),
    kind: 'foreign table',
    columns: [column('X', 'INTERVAL DAY(2) TO SECOND(6)')],
  },
];

/** Everything that Oracle can express and our stand-in hands over, and what it should read as. */
export const awkwardOracle = { sql: JSON.stringify(tables), expected };
