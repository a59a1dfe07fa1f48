import { describe, expect, test } from 'vitest';
import { idOf, type SqlServerTable } from '../../stand-ins/sql-server/catalog.ts';
import { packets } from '../../stand-ins/sql-server/handshake.ts';
import type { Peer } from '../../stand-ins/sql-server/peer.ts';
import * as tokens from '../../stand-ins/sql-server/tokens.ts';
import { at, useSqlServerRogues } from './rogue-harness.ts';
import { columnFacts } from './sql-server-awkward.ts';

const rogues = useSqlServerRogues();
const tableOf = (name: string, ...columns: SqlServerTable['columns']): SqlServerTable => ({
  ...{ schema: 'dbo', name, type: 'U', comment: null, rows: '0', columns },
});
const lengths: tokens.ColumnLength[] = Array.from({ length: 14 }, () => 'limited');
const columnRow = (id: number, name: string): Buffer =>
  tokens.row([`${id}`, ...columnFacts(1, name, 'int')], lengths);

describe('a catalog without measure', () => {
  const endless = (row: Buffer) =>
    at('columns', async (peer: Peer) => {
      const rows = Buffer.concat(Array.from({ length: 100 }, () => row));
      const part = packets(0x04, Buffer.concat([tokens.columns(lengths), rows]));
      const more = packets(0x04, rows);
      // No packet says that it is the last one.
      const open = (bytes: Buffer): Buffer => {
        const copy = Buffer.from(bytes);
        for (let from = 0; from < copy.length; from += copy.readUInt16BE(from + 2))
          copy[from + 1] = 0;
        return copy;
      };
      await peer.send(open(part));
      while (!peer.closed) await peer.send(open(more));
    });
  const tables = [tableOf('t')];

  test('endless rows are cut off', async () => {
    const limits = { maxColumns: 20_000, maxPartsPerTable: 1e9 };
    const flood = endless(columnRow(idOf(9), 'c'));
    expect(await rogues.read(flood, { tables, limits })).toBe('PROTOCOL_ERROR');
  });
  test('endless columns of one table are LIMIT_EXCEEDED', async () => {
    const flood = endless(columnRow(idOf(0), 'c'));
    expect(await rogues.read(flood, { tables, limits: { maxPartsPerTable: 1_000 } })).toBe(
      'LIMIT_EXCEEDED',
    );
  });
  test('endless bytes are LIMIT_EXCEEDED', async () => {
    const flood = endless(columnRow(idOf(9), 'x'.repeat(3_000)));
    const limits = { maxAnswerBytes: 20 * 1024 * 1024 };
    expect(await rogues.read(flood, { tables, limits })).toBe('LIMIT_EXCEEDED');
  });
  test('endless messages, and errors, are cut off', async () => {
    const talk = (token: Buffer) =>
      at('columns', async (peer) => {
        const bytes = packets(0x04, token, 32_000);
        bytes[1] = 0;
        while (!peer.closed) await peer.send(bytes);
      });
    const message = talk(tokens.information(1, 'm'.repeat(1_000)));
    const limits = { maxAnswerBytes: Number.MAX_SAFE_INTEGER };
    expect(await rogues.read(message, { tables, limits })).toBe('LIMIT_EXCEEDED');
    const error = await rogues.read(talk(tokens.serverError(50_000, 'e')), { tables });
    expect(error).toBeTypeOf('string');
  });
  test('a field of 4 GB is LIMIT_EXCEEDED before it has come', async () => {
    const max: tokens.ColumnLength[] = Array.from({ length: 14 }, () => 'max');
    const chunk = Buffer.concat([
      Buffer.from([0xd1]),
      Buffer.alloc(8, 0xfe),
      Buffer.alloc(4, 0xff),
    ]);
    const huge = at('columns', (peer) => {
      const bytes = packets(0x04, Buffer.concat([tokens.columns(max), chunk]));
      bytes[1] = 0;
      return peer.send(bytes);
    });
    expect(await rogues.read(huge, { tables })).toBe('LIMIT_EXCEEDED');
  });
  test('a field in chunks of a byte each is read in bounded time', async () => {
    const max: tokens.ColumnLength[] = Array.from({ length: 14 }, () => 'max');
    const chunk = Buffer.from([1, 0, 0, 0, 65]);
    const begin = Buffer.concat([tokens.columns(max), Buffer.from([0xd1]), Buffer.alloc(8, 0xfe)]);
    const small = at('columns', async (peer) => {
      const open = (payload: Buffer): Buffer => {
        const bytes = packets(0x04, payload, 4_096);
        for (let from = 0; from < bytes.length; from += bytes.readUInt16BE(from + 2))
          bytes[from + 1] = 0;
        return bytes;
      };
      await peer.send(open(begin));
      const many = open(Buffer.concat(Array.from({ length: 800 }, () => chunk)));
      while (!peer.closed) await peer.send(many);
    });
    // Each packet is looked through from the row's beginning, which is short work for a short row.
    const limits = { maxRowBytes: 256 * 1024 };
    expect(await rogues.read(small, { tables, limits })).toBe('LIMIT_EXCEEDED');
  });
  test('a single table that is too large is LIMIT_EXCEEDED', async () => {
    const columns = Array.from({ length: 200 }, (_, n) =>
      columnFacts(n + 1, 'x'.repeat(1_000), 'int'),
    );
    const limits = { maxTableBytes: 100_000 };
    const large = { tables: [tableOf('t', ...columns)], limits };
    expect(await rogues.read({}, large)).toBe('LIMIT_EXCEEDED');
  });
  test('tables that are too large together are read one by one', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const read = await rogues.read(
      {},
      {
        tables: names.map((name) => tableOf(name, columnFacts(1, name.repeat(3_000), 'int'))),
        limits: { portionBytes: 10_000, portionTables: 3 },
      },
    );
    if (typeof read === 'string') throw new Error(read);
    expect(read.map(({ name, columns }) => [name, columns[0]?.name])).toEqual(
      names.map((name) => [name, name.repeat(3_000)]),
    );
  });
  test('more tables than are allowed are LIMIT_EXCEEDED', async () => {
    const tables = ['a', 'b', 'c'].map((name) => tableOf(name));
    expect(await rogues.read({}, { tables, limits: { maxTables: 2 } })).toBe('LIMIT_EXCEEDED');
    expect(await rogues.read({}, { tables, limits: { maxBytes: 500 } })).toBe('LIMIT_EXCEEDED');
  });
});

describe('a catalog that SQL Server would not send is PROTOCOL_ERROR', () => {
  const lengths: tokens.ColumnLength[] = Array.from({ length: 9 }, () => 'limited');
  const tables = (...rows: (string | null)[][]) =>
    at('tables', (peer) =>
      peer.answer(
        tokens.columns(lengths),
        ...rows.map((row) => tokens.row(row, lengths)),
        tokens.doneProcedure(),
      ),
    );
  const row = (id: string | null, more: (string | null)[] = ['dbo', 't', 'U ']) => [
    ...[id, ...more, null, null, '0', '0', null],
  ];
  test.each([
    ['the same tables for ever', [row('5'), row('9')]],
    ['tables out of order', [row('9'), row('5')]],
    ['a table twice', [row('5'), row('5')]],
    ['an id that is none', [row('5; drop table t')]],
    ['no id', [row(null)]],
    ['an id beyond all', [row('9999999999')]],
    ['a table without a name', [row('5', ['dbo', null, 'U '])]],
    ['a table without a type', [row('5', ['dbo', 't', null])]],
  ])('%s', async (_name, rows) => {
    expect(await rogues.read(tables(...rows))).toBe('PROTOCOL_ERROR');
  });

  const parts: [string, Partial<SqlServerTable>][] = [
    ['a column without a type', { columns: [['1', 'c', ...Array(11).fill(null)]] }],
    [
      'a key with a rule that is none',
      { foreignKeys: [['f', '1', 'c', 's', 't', 'c', 'EXPLODE', 'CASCADE']] },
    ],
    [
      'an index of nothing',
      { indexes: [['1', 'i', '1', '0', '0', 'X', null, '1', '1', '0', '0', null]] },
    ],
  ];
  test.each(parts)('%s', async (_name, more) => {
    const broken = { ...tableOf('t', columnFacts(1, 'c', 'int')), ...more };
    expect(await rogues.read({}, { tables: [broken] })).toBe('PROTOCOL_ERROR');
  });
});

test('hostile names arrive as they are and reach no statement', async () => {
  const names = [
    ...['__proto__', 'constructor', "]; drop table x; --'", "'", '\\', 'a\nb', '\u202e', '${x}'],
    'ü'.repeat(1_000),
  ];
  const tables = names.map((name) => ({
    ...tableOf(name, columnFacts(1, name, 'int')),
    schema: name,
    checks: [[name, name]],
  }));
  const read = await rogues.read({}, { tables, limits: { portionTables: 2 } });
  if (typeof read === 'string') throw new Error(read);
  expect(read.map(({ schema, name }) => [schema, name])).toEqual(names.map((name) => [name, name]));
  expect(read.map(({ columns: [column] }) => column?.name)).toEqual(names);
  expect(rogues.server.received.includes(Buffer.from('drop table', 'utf16le'))).toBe(false);
});
