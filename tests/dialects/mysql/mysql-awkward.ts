import type { CatalogIndex, CatalogTable } from '../../../shared/catalog.ts';
import { catalogIndex, catalogTable, column } from '../../connectors/conformance/expected-parts.ts';

const odd = 'Odd `"\'\\ Schema';
const quoted = '`Odd ``"\'\\ Schema`';
const longName = 'ü'.repeat(63) + 'x';

const sql = `
create database ${quoted};
create database other;
create table ${quoted}.\`__proto__\` (
  \`constructor\` int not null auto_increment primary key,
  \`select\` enum('sad','o''k') not null default 'o''k' comment '鯨 ''; drop table x; --',
  \`line
break\` decimal(12,2) unsigned,
  \`${longName}\` varchar(10) default 'it''s \\\\ "x"',
  amount double default 1.5
) comment 'it''s "odd"
really';
create table other.parent (
  a int, b varchar(20) character set latin1, c timestamp(3) not null default current_timestamp(3) on update current_timestamp(3),
  d text default ('text'), e date default '2026-01-01', f bit(3) default b'101', g json, i int default null,
  j varchar(36) default (uuid()), k varchar(4) default 'NULL',
  primary key (b, a), unique key \`uni que\` (c, a), unique key part (b(5)), key falling (a desc, c),
  key lowered ((lower(b)))
);
create table ${quoted}.child (
  x varchar(20) character set latin1 not null, y int not null,
  z int generated always as (n * 2) stored,
  v int generated always as (n + 1) virtual,
  s int, n int, t text, p point not null srid 4326,
  constraint \`child to parent\` foreign key (x, y) references other.parent (b, a) on update cascade on delete restrict,
  constraint self foreign key (s) references child (s) on delete set null,
  constraint \`check\` check (n > 0 and t <> ''),
  unique key (s), fulltext key words (t), spatial key place (p)
);
create table other.events (id bigint not null, at date not null, primary key (id, at))
  partition by range columns (at) (partition p0 values less than ('2026-01-01'), partition p1 values less than (maxvalue));
create table other.hashed (id int not null primary key) partition by hash (id) partitions 3;
create table other.in_memory (a int, key by_hash (a) using hash) engine=memory;
create view other.seen as select i, g from other.parent;
`;

const plain = (name: string) => ({ name, expression: null, descending: false });
const index = (name: string, columns: readonly string[], more: Partial<CatalogIndex> = {}) =>
  catalogIndex(name, { columns: columns.map(plain), ...more });
const required = { nullable: false } as const;
const unique = { unique: true } as const;

const expected: CatalogTable[] = [
  catalogTable(odd, '__proto__', {
    comment: 'it\'s "odd"\nreally',
    columns: [
      column('constructor', 'int', { ...required, identity: 'by default' }),
      column('select', "enum('sad','o''k')", {
        ...{ ...required, default: "'o''k'", comment: "鯨 '; drop table x; --" },
      }),
      column('line\nbreak', 'decimal(12,2) unsigned'),
      column(longName, 'varchar(10)', { default: `'it''s \\\\ "x"'` }),
      column('amount', 'double', { default: '1.5' }),
    ],
    primaryKey: { name: 'PRIMARY', columns: ['constructor'] },
    indexes: [index('PRIMARY', ['constructor'], unique)],
  }),
  catalogTable('other', 'parent', {
    columns: [
      column('a', 'int', required),
      column('b', 'varchar(20)', required),
      column('c', 'timestamp(3)', { ...required, default: 'CURRENT_TIMESTAMP(3)' }),
      column('d', 'text', { default: "_utf8mb4'text'" }),
      column('e', 'date', { default: "'2026-01-01'" }),
      column('f', 'bit(3)', { default: "b'101'" }),
      column('g', 'json'),
      column('i', 'int'),
      column('j', 'varchar(36)', { default: 'uuid()' }),
      column('k', 'varchar(4)', { default: "'NULL'" }),
    ],
    primaryKey: { name: 'PRIMARY', columns: ['b', 'a'] },
    uniqueKeys: [{ name: 'uni que', columns: ['c', 'a'] }],
    indexes: [
      index('PRIMARY', ['b', 'a'], unique),
      index('uni que', ['c', 'a'], unique),
      catalogIndex('part', {
        ...{ ...unique, columns: [{ name: null, expression: '`b`(5)', descending: false }] },
      }),
      catalogIndex('falling', { columns: [{ ...plain('a'), descending: true }, plain('c')] }),
      catalogIndex('lowered', {
        columns: [{ name: null, expression: 'lower(`b`)', descending: false }],
      }),
    ],
  }),
  catalogTable(odd, 'child', {
    columns: [
      column('x', 'varchar(20)', required),
      column('y', 'int', required),
      column('z', 'int', { generated: { kind: 'stored', expression: '(`n` * 2)' } }),
      column('v', 'int', { generated: { kind: 'virtual', expression: '(`n` + 1)' } }),
      column('s', 'int'),
      column('n', 'int'),
      column('t', 'text'),
      column('p', 'point', required),
    ],
    uniqueKeys: [{ name: 's', columns: ['s'] }],
    foreignKeys: [
      {
        ...{ name: 'child to parent', columns: ['x', 'y'], referencedSchema: 'other' },
        ...{ referencedTable: 'parent', referencedColumns: ['b', 'a'] },
        ...{ onUpdate: 'cascade', onDelete: 'restrict' },
      },
      {
        ...{ name: 'self', columns: ['s'], referencedSchema: odd, referencedTable: 'child' },
        ...{ referencedColumns: ['s'], onUpdate: 'no action', onDelete: 'set null' },
      },
    ],
    checks: [{ name: 'check', expression: "((`n` > 0) and (`t` <> _utf8mb4''))" }],
    indexes: [
      index('s', ['s'], unique),
      index('child to parent', ['x', 'y']),
      index('place', ['p'], { method: 'spatial' }),
      index('words', ['t'], { method: 'fulltext' }),
    ],
  }),
  catalogTable('other', 'events', {
    kind: 'partitioned table',
    columns: [column('id', 'bigint', required), column('at', 'date', required)],
    primaryKey: { name: 'PRIMARY', columns: ['id', 'at'] },
    indexes: [index('PRIMARY', ['id', 'at'], unique)],
    partitionKey: 'RANGE COLUMNS (`at`)',
  }),
  catalogTable('other', 'hashed', {
    kind: 'partitioned table',
    columns: [column('id', 'int', required)],
    primaryKey: { name: 'PRIMARY', columns: ['id'] },
    indexes: [index('PRIMARY', ['id'], unique)],
    partitionKey: 'HASH (`id`)',
  }),
  catalogTable('other', 'in_memory', {
    columns: [column('a', 'int')],
    indexes: [index('by_hash', ['a'], { method: 'hash' })],
  }),
  catalogTable('other', 'seen', {
    ...{ kind: 'view', columns: [column('i', 'int'), column('g', 'json')] },
  }),
];

/** Everything awkward that MySQL 8.4 can express, with what its manual says that it reads as. */
export const awkwardMysql = { sql, expected };
