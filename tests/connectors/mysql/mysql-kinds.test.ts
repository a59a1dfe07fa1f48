import { describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { serverKindOf } from '../../../workers/connectors/mysql/server-kind.ts';
import { useMysqlRogues } from './mysql-rogue-harness.ts';
import { fakeMysql, type FakeServer, tableRow } from './mysql-rogues.ts';

const rogues = useMysqlRogues();

async function readOne(server: FakeServer): Promise<CatalogTable> {
  const read = await rogues.read(fakeMysql(server));
  if (typeof read === 'string') throw new Error(read);
  const [table] = read;
  if (!table) throw new Error('no table');
  return table;
}

/** As MySQL 8.4 writes its catalog; the rows are of its manual, not of a server of ours. */
const mysql8 = (columns: readonly (readonly [string, string | null, string])[]): FakeServer => ({
  version: '8.4.3',
  rows: {
    tables: [tableRow('t')],
    columns: columns.map(([type, value, extra], n) => {
      const dataType = /^\w+/.exec(type)?.[0] ?? '';
      return ['s', 't', `${n + 1}`, `c${n}`, type, 'YES', value, extra, '', '', dataType];
    }),
    statistics: [
      ['s', 't', 'i', '2', null, '1', 'D', null, 'BTREE', "lower(`c1`) = _utf8mb4\\'x\\'"],
      ['s', 't', 'i', '1', 'c0', '1', 'A', null, 'BTREE', null],
    ],
    table_constraints: [['s', 't', 'positive', null]],
    check_constraints: [
      ['s', 'other', '(1)'],
      ['s', 'positive', "(`c0` > 0 and `c1` <> _utf8mb4\\'\\')"],
    ],
  },
});

describe('MySQL 8', () => {
  test.each([
    ['int', '42', '', '42'],
    ['varchar(9)', 'ok', '', "'ok'"],
    ['varchar(9)', "it's \\", '', "'it''s \\\\'"],
    ['varchar(9)', '', '', "''"],
    ['varchar(9)', 'NULL', '', "'NULL'"],
    ['varchar(9)', null, '', null],
    ["enum('a')", 'a', '', "'a'"],
    ['date', '2026-01-01', '', "'2026-01-01'"],
    ['bit(3)', "b'101'", '', "b'101'"],
    ['binary(2)', '0x6162', '', '0x6162'],
    ['timestamp', 'CURRENT_TIMESTAMP', 'DEFAULT_GENERATED', 'CURRENT_TIMESTAMP'],
    ['datetime(3)', 'CURRENT_TIMESTAMP(3)', '', 'CURRENT_TIMESTAMP(3)'],
    ['varchar(20)', 'CURRENT_TIMESTAMP', '', "'CURRENT_TIMESTAMP'"],
    [
      'varchar(36)',
      "concat(_utf8mb4\\'a\\',uuid())",
      'DEFAULT_GENERATED',
      "concat(_utf8mb4'a',uuid())",
    ],
  ])('a default of %s, %j %s, is the expression %s', async (type, value, extra, expected) => {
    const { columns } = await readOne(mysql8([[type, value, extra]]));
    expect(columns[0]?.default).toBe(expected);
  });

  test('has expressions in indexes, and checks by name', async () => {
    const table = await readOne(mysql8([['int', null, 'auto_increment']]));
    expect(table.columns[0]?.identity).toBe('by default');
    expect(table.indexes[0]?.columns).toEqual([
      { name: 'c0', expression: null, descending: false },
      { name: null, expression: "lower(`c1`) = _utf8mb4'x'", descending: true },
    ]);
    expect(table.checks).toEqual([
      { name: 'positive', expression: "(`c0` > 0 and `c1` <> _utf8mb4'')" },
    ]);
  });

  test('ends its statements by itself, in a transaction that cannot write', async () => {
    await readOne(mysql8([['int', null, '']]));
    const sent = rogues.server.received.toString('latin1');
    expect(sent).toContain('set session transaction read only');
    expect(sent).toContain('start transaction read only');
    const selects = sent.match(/select (?!version)[^]*?information_schema/g) ?? [];
    expect(selects.length).toBeGreaterThan(5);
    expect(selects.every((text) => text.includes('max_execution_time(5000)'))).toBe(true);
  });
});

test.each([
  ['FEDERATED', null, 'foreign table'],
  ['SPIDER', 'RANGE', 'foreign table'],
  ['InnoDB', 'RANGE', 'partitioned table'],
  ['InnoDB', null, 'table'],
])('a table of the engine %s, partitioned by %s, is a %s', async (engine, method, kind) => {
  const partitions = method === null ? [] : [['s', 't', method, '`id`', null, null]];
  const columns = [['s', 't', '1', 'id', 'int', 'NO', null, '', '', '', 'int']];
  const tables = [['s', 't', 'BASE TABLE', engine, '0', '']];
  expect((await readOne({ rows: { tables, columns, partitions } })).kind).toBe(kind);
});

test('Vitess is asked for one schema at a time, outside of a transaction, and its own tables stay out', async () => {
  const uuid = '6ace8bcef73211ea87e9f875a4d24e90';
  const read = await rogues.read(
    fakeMysql({
      version: '8.0.30-Vitess',
      rows: {
        schemata: [['s']],
        tables: [
          tableRow('t'),
          tableRow(`_vt_hld_${uuid}_20260915120410_`),
          tableRow(`_vt_HOLD_${uuid}_20200915120410`),
          tableRow('_6ace8bce_f732_11ea_87e9_f875a4d24e90_20200915120410_vrepl'),
        ],
        columns: [['s', 't', '1', 'c', 'int', 'YES', null, '', '', '', 'int']],
      },
    }),
  );
  expect(typeof read === 'string' ? read : read.map(({ name }) => name)).toEqual(['t']);
  const sent = rogues.server.received.toString('latin1');
  expect(sent).not.toContain('start transaction');
  expect(sent).not.toMatch(/table_schema\)? (not )?in/);
});

test.each([
  ['5.7.44-log', [false, false, false, false]],
  ['8.0.12', [false, false, false, false]],
  ['8.0.36-28.1', [false, false, true, true]],
  ['9.1.0', [false, false, true, true]],
  ['5.7.9-Vitess', [false, true, true, true]],
  ['10.11.19-MariaDB-0+deb12u1', [true, false, true, false]],
  ['5.5.5-10.6.16-MariaDB', [true, false, true, false]],
  ['10.2.44-MariaDB', [true, false, false, false]],
  ['11.8.2-MariaDB', [true, false, true, false]],
  ['nonsense', [false, false, false, false]],
])('version() %s tells what the server can do', (version, expected) => {
  const kind = serverKindOf(version);
  expect([kind.isMariadb, kind.isVitess, kind.hasChecks, kind.hasIndexExpressions]).toEqual(
    expected,
  );
});
