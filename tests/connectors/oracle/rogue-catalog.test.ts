import { describe, expect, test } from 'vitest';
import * as answers from '../../stand-ins/oracle/answers.ts';
import type { ColumnKind } from '../../stand-ins/oracle/answers.ts';
import type { OracleTable } from '../../stand-ins/oracle/catalog.ts';
import type { OracleOptions } from '../../stand-ins/oracle/options.ts';
import { dataPackets, packet, type } from '../../stand-ins/oracle/packets.ts';
import type { Peer } from '../../stand-ins/oracle/peer.ts';
import { columnFacts } from './oracle-awkward.ts';
import { answering, at, useOracleRogues } from './rogue-harness.ts';

const rogues = useOracleRogues();
const MiB = 1024 * 1024;
const tableOf = (name: string, more: Partial<OracleTable> = {}): OracleTable => ({
  ...{ schema: 'S', name, type: 'TABLE', rows: '0', columns: [columnFacts(name, 'DATE')] },
  ...more,
});
const kinds: ColumnKind[] = [...Array.from({ length: 13 }, () => 'text' as const), 'long'];
const columnRow = (name: string): Buffer => answers.row(['T', ...columnFacts(name, 'DATE')], kinds);

/** A list of columns that does not end. */
const endless = (row: Buffer) =>
  at('columns', async (peer: Peer) => {
    await answering(answers.columns(kinds), answers.rowHeader())(peer);
    const more = dataPackets(Buffer.concat(Array.from({ length: 100 }, () => row)));
    while (!peer.closed) await peer.send(more);
  });
const tables = [tableOf('T')];

describe('a catalog without measure', () => {
  test('endless bytes are LIMIT_EXCEEDED', async () => {
    const limits = { maxAnswerBytes: 8 * MiB };
    expect(await rogues.read(endless(columnRow('c'.repeat(3_000))), { tables, limits })).toBe(
      'LIMIT_EXCEEDED',
    );
  });
  test('a field without end is cut off, too', async () => {
    const begun = at('columns', async (peer) => {
      const begin = Buffer.concat([answers.rowHeader(), Buffer.from([7, 0xfe])]);
      await answering(answers.columns(kinds), begin)(peer);
      const chunk = Buffer.concat([Buffer.from([2, 0x10, 0]), Buffer.alloc(4_096, 65)]);
      const more = dataPackets(Buffer.concat(Array.from({ length: 50 }, () => chunk)));
      while (!peer.closed) await peer.send(more);
    });
    const limits = { maxAnswerBytes: 8 * MiB };
    expect(await rogues.read(begun, { tables, limits })).toBe('LIMIT_EXCEEDED');
  });
  test('endless words that are no answer are cut off', async () => {
    const talking = at('columns', async (peer) => {
      const control = Buffer.alloc(14);
      control.writeUInt16BE(8, 0);
      control.writeUInt32BE(12_572, 6);
      const word = packet(type.data + 8, control, { lengthBytes: 4 });
      const words = Buffer.concat(Array.from({ length: 1_000 }, () => word));
      while (!peer.closed) await peer.send(words);
    });
    const limits = { maxAnswerBytes: MiB };
    expect(await rogues.read(talking, { tables, limits })).toBe('LIMIT_EXCEEDED');
  });
  test('more rows than there can be are refused', async () => {
    const many = Array.from({ length: 600 }, (_, n) => columnFacts(`C${n}`, 'DATE'));
    const wide = [tableOf('T', { columns: many })];
    const limits = { maxColumns: 500, fetchRows: 100 };
    expect(await rogues.read({}, { tables: wide, limits })).toBe('PROTOCOL_ERROR');
    const parts = { maxPartsPerTable: 500 };
    expect(await rogues.read({}, { tables: wide, limits: parts })).toBe('LIMIT_EXCEEDED');
  });
  test('a single table that is too large is LIMIT_EXCEEDED', async () => {
    const columns = Array.from({ length: 200 }, (_, n) =>
      columnFacts(`${n}${'x'.repeat(1_000)}`, 'DATE'),
    );
    const large = { tables: [tableOf('T', { columns })], limits: { maxTableBytes: 100_000 } };
    expect(await rogues.read({}, large)).toBe('LIMIT_EXCEEDED');
  });
  test('tables that are too large together are read one by one', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const read = await rogues.read(
      {},
      {
        tables: names.map((name) =>
          tableOf(name, { columns: [columnFacts(name.repeat(3_000), 'DATE')] }),
        ),
        limits: { portionBytes: 10_000, portionTables: 3 },
      },
    );
    if (typeof read === 'string') throw new Error(read);
    expect(read.map(({ name, columns }) => [name, columns[0]?.name])).toEqual(
      names.map((name) => [name, name.repeat(3_000)]),
    );
  });
  test('more tables than are allowed are LIMIT_EXCEEDED', async () => {
    const three = ['a', 'b', 'c'].map((name) => tableOf(name));
    expect(await rogues.read({}, { tables: three, limits: { maxTables: 2 } })).toBe(
      'LIMIT_EXCEEDED',
    );
    expect(await rogues.read({}, { tables: three, limits: { maxBytes: 500 } })).toBe(
      'LIMIT_EXCEEDED',
    );
  });
  test('a server that gives fewer rows at a time than it is asked for is believed', async () => {
    const names = Array.from({ length: 25 }, (_, n) => `T${String(n).padStart(2, '0')}`);
    const slow = { tables: names.map((name) => tableOf(name)), limits: { fetchRows: 10 } };
    const read = await rogues.read({ maxRows: 3 }, slow);
    if (typeof read === 'string') throw new Error(read);
    expect(read.map(({ name }) => name)).toEqual(names);
    expect(read.every(({ columns }) => columns.length === 1)).toBe(true);
  });
});

describe('a catalog that Oracle would not send is PROTOCOL_ERROR', () => {
  const four: ColumnKind[] = ['text', 'text', 'text', 'text'];
  const listing = (...rows: (string | null)[][]) =>
    at(
      'tables',
      answering(
        ...[answers.columns(four), answers.rowHeader()],
        ...rows.map((row) => answers.row(row, four)),
        answers.end(answers.noMoreRows, 'x'),
      ),
    );
  test.each([
    ['the same tables for ever', [['T', 'TABLE', null, 'NO']]],
    [
      'a table twice',
      [
        ['U', 'TABLE', null, 'NO'],
        ['U', 'VIEW', null, 'NO'],
      ],
    ],
    ['a table without a name', [[null, 'TABLE', null, 'NO']]],
    ['a table without a kind', [['T', null, null, 'NO']]],
    ['a count that is none', [['T', 'TABLE', '1e9', 'NO']]],
  ])('%s', async (_name, rows) => {
    expect(await rogues.read(listing(...rows), { tables })).toBe('PROTOCOL_ERROR');
  });

  test('a name that no bind can carry, which goes into none', async () => {
    const name = 'x'.repeat(5_000);
    const long = listing([name, 'TABLE', null, 'NO']);
    expect(await rogues.read(long, { tables })).toBe('PROTOCOL_ERROR');
    expect(rogues.server.received.includes(name)).toBe(false);
  });
  test('a column that nobody asked for', async () => {
    const more = at(
      'columns',
      answering(
        ...[answers.columns([...kinds, 'text']), answers.rowHeader()],
        answers.row(['T', ...columnFacts('C', 'DATE'), 'more'], [...kinds, 'text']),
        answers.end(answers.noMoreRows, 'x'),
      ),
    );
    expect(await rogues.read(more, { tables })).toBe('PROTOCOL_ERROR');
  });

  const parts: [string, Partial<OracleTable>][] = [
    ['a column without a type', { columns: [['C', ...Array<null>(12).fill(null)]] }],
    ['a key without a name', { constraints: [[null, 'P', null, null, null, null]] }],
    ['an index of nobody', { indexes: [[null, 'I', 'UNIQUE', 'NORMAL']] }],
    ['an index without a kind', { indexes: [['S', 'I', 'UNIQUE', null]] }],
  ];
  test.each(parts)('%s', async (_name, more) => {
    expect(await rogues.read({}, { tables: [tableOf('T', more)] })).toBe('PROTOCOL_ERROR');
  });
});

test('hostile names arrive as they are and reach no statement', async () => {
  const names = [
    ...['__proto__', 'constructor', `"; drop table x; --'`, "'", '\\', 'a\nb', '\u202e', '${x}'],
    'ü'.repeat(1_000),
  ];
  const hostile = names.map((name) =>
    tableOf(name, { schema: name, constraints: [[name, 'C', null, null, null, name]] }),
  );
  const texts: string[] = [];
  const listening: OracleOptions = {
    onRequest(_peer, request) {
      if (request.kind === 'execute') texts.push(request.text);
      return false;
    },
  };
  const read = await rogues.read(listening, { tables: hostile, limits: { portionTables: 2 } });
  if (typeof read === 'string') throw new Error(read);
  const found = read.map(({ schema, name, columns: [column] }) => [schema, name, column?.name]);
  expect(found.toSorted()).toEqual(names.map((name) => [name, name, name]).toSorted());
  expect(texts.length).toBeGreaterThan(names.length);
  expect(texts.filter((text) => text.includes('drop table'))).toEqual([]);
});
