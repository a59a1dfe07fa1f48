import type { CatalogIndex, CatalogTable } from '../../../shared/catalog.ts';
import { catalogIndex, catalogTable as table, column } from '../conformance/expected-parts.ts';

const longName = 'ü'.repeat(63) + 'x';
const odd = 'Odd `"\'\\ Schema';

const sql = `
create database \`Odd \`\`"'\\ Schema\`;
create database other;
create table \`Odd \`\`"'\\ Schema\`.\`__proto__\` (
  \`constructor\` int not null auto_increment primary key,
  \`select\` enum('sad','o''k') not null default 'o''k',
  \`line
break\` decimal(12,2) unsigned zerofill,
  \`${longName}\` varchar(10) default 'it''s \\\\ "x"',
  amount double default 1.5
) comment 'it''s "odd"
really';
alter table \`Odd \`\`"'\\ Schema\`.\`__proto__\`
  modify \`select\` enum('sad','o''k') not null default 'o''k' comment '鯨 ''; drop table x; --';
create table other.parent (
  a int, b varchar(20) character set latin1, c timestamp(3) not null default current_timestamp(3) on update current_timestamp(3),
  d text default 'text', e date default '2026-01-01', f bit(3) default b'101', g json, h binary(2) default 'ab', i int default null,
  j varchar(36) default uuid(), k varchar(4) default 'NULL',
  primary key (b, a), unique key \`uni que\` (c, a), unique key part (b(5)), key falling (a desc, c)
);
create table \`Odd \`\`"'\\ Schema\`.child (
  x varchar(20) character set latin1 not null, y int not null,
  z int generated always as (n * 2) stored,
  v int generated always as (n + 1) virtual,
  s int, n int, t text, p point not null,
  constraint \`child to parent\` foreign key (x, y) references other.parent (b, a) on update cascade on delete restrict,
  constraint self foreign key (s) references child (s) on delete set null,
  constraint \`check\` check (n > 0 and t <> ''),
  q int check (q < 10),
  unique key (s), fulltext key words (t), spatial key place (p)
) engine=InnoDB;
create table other.events (id bigint not null, at date not null, primary key (id, at))
  partition by range columns (at) (partition p0 values less than ('2026-01-01'), partition p1 values less than (maxvalue));
create table other.hashed (id int not null primary key) engine=aria
  partition by hash (id) partitions 3;
create table other.versioned (id int) with system versioning;
create table other.in_memory (a int, key by_hash (a) using hash) engine=memory;
create sequence other.numbers;
create view other.seen as select a, concat(b, '!') as shout from other.parent;
create table other.gone (a int);
create view other.broken as select a from other.gone;
drop table other.gone;
`;

function index(
  name: string,
  columns: readonly (string | CatalogIndex['columns'][number])[],
  more: Partial<CatalogIndex> = {},
): CatalogIndex {
  return catalogIndex(name, {
    columns: columns.map((part) =>
      typeof part === 'string' ? { name: part, expression: null, descending: false } : part,
    ),
    ...more,
  });
}

const required = { nullable: false } as const;
const unique = { unique: true } as const;

const expected: CatalogTable[] = [
  table(odd, '__proto__', {
    comment: 'it\'s "odd"\nreally',
    columns: [
      column('constructor', 'int(11)', { ...required, identity: 'by default' }),
      column('select', "enum('sad','o''k')", {
        ...required,
        default: "'o''k'",
        comment: "鯨 '; drop table x; --",
      }),
      column('line\nbreak', 'decimal(12,2) unsigned zerofill'),
      column(longName, 'varchar(10)', { default: `'it''s \\\\ "x"'` }),
      column('amount', 'double', { default: '1.5' }),
    ],
    primaryKey: { name: 'PRIMARY', columns: ['constructor'] },
    indexes: [index('PRIMARY', ['constructor'], unique)],
  }),
  table('other', 'parent', {
    columns: [
      column('a', 'int(11)', required),
      column('b', 'varchar(20)', required),
      column('c', 'timestamp(3)', { ...required, default: 'current_timestamp(3)' }),
      column('d', 'text', { default: "'text'" }),
      column('e', 'date', { default: "'2026-01-01'" }),
      column('f', 'bit(3)', { default: "b'101'" }),
      column('g', 'longtext'),
      column('h', 'binary(2)', { default: "'ab'" }),
      column('i', 'int(11)'),
      column('j', 'varchar(36)', { default: 'uuid()' }),
      column('k', 'varchar(4)', { default: "'NULL'" }),
    ],
    primaryKey: { name: 'PRIMARY', columns: ['b', 'a'] },
    uniqueKeys: [{ name: 'uni que', columns: ['c', 'a'] }],
    checks: [{ name: 'g', expression: 'json_valid(`g`)' }],
    indexes: [
      index('PRIMARY', ['b', 'a'], unique),
      index('uni que', ['c', 'a'], unique),
      index('part', [{ name: null, expression: '`b`(5)', descending: false }], unique),
      index('falling', [{ name: 'a', expression: null, descending: true }, 'c']),
    ],
  }),
  table(odd, 'child', {
    columns: [
      column('x', 'varchar(20)', required),
      column('y', 'int(11)', required),
      column('z', 'int(11)', { generated: { kind: 'stored', expression: '`n` * 2' } }),
      column('v', 'int(11)', { generated: { kind: 'virtual', expression: '`n` + 1' } }),
      column('s', 'int(11)'),
      column('n', 'int(11)'),
      column('t', 'text'),
      column('p', 'point', required),
      column('q', 'int(11)'),
    ],
    uniqueKeys: [{ name: 's', columns: ['s'] }],
    foreignKeys: [
      {
        name: 'child to parent',
        columns: ['x', 'y'],
        referencedSchema: 'other',
        referencedTable: 'parent',
        referencedColumns: ['b', 'a'],
        onUpdate: 'cascade',
        onDelete: 'restrict',
      },
      {
        name: 'self',
        columns: ['s'],
        referencedSchema: odd,
        referencedTable: 'child',
        referencedColumns: ['s'],
        onUpdate: 'restrict',
        onDelete: 'set null',
      },
    ],
    checks: [
      { name: 'q', expression: '`q` < 10' },
      { name: 'check', expression: "`n` > 0 and `t` <> ''" },
    ],
    indexes: [
      index('s', ['s'], unique),
      index('child to parent', ['x', 'y']),
      index('place', ['p'], { method: 'spatial' }),
      index('words', ['t'], { method: 'fulltext' }),
    ],
  }),
  table('other', 'events', {
    kind: 'partitioned table',
    columns: [column('id', 'bigint(20)', required), column('at', 'date', required)],
    primaryKey: { name: 'PRIMARY', columns: ['id', 'at'] },
    indexes: [index('PRIMARY', ['id', 'at'], unique)],
    partitionKey: 'RANGE COLUMNS (`at`)',
  }),
  table('other', 'hashed', {
    kind: 'partitioned table',
    columns: [column('id', 'int(11)', required)],
    primaryKey: { name: 'PRIMARY', columns: ['id'] },
    indexes: [index('PRIMARY', ['id'], unique)],
    partitionKey: 'HASH (`id`)',
  }),
  table('other', 'versioned', { columns: [column('id', 'int(11)')] }),
  table('other', 'in_memory', {
    columns: [column('a', 'int(11)')],
    indexes: [index('by_hash', ['a'], { method: 'hash' })],
  }),
  table('other', 'seen', {
    kind: 'view',
    columns: [column('a', 'int(11)', required), column('shout', 'varchar(21)')],
  }),
  table('other', 'broken', { kind: 'view' }),
];

/** Everything awkward that MariaDB 10.11 can express and we report, with what it reads as. */
export const awkwardMariadb = { sql, expected };
