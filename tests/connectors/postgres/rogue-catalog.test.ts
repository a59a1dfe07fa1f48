import { describe, expect, test } from 'vitest';
import * as wire from '../../support/servers/rogue-postgres.ts';
import type { RoguePeer } from '../../support/servers/rogue-postgres.ts';
import * as scripts from '../../support/servers/rogue-scripts.ts';
import { fakePostgres, type FakeServer } from '../../support/servers/rogue-scripts.ts';
import { usePostgresRogues } from './rogue-harness.ts';

const rogues = usePostgresRogues();

/** What a server does when it is asked for so many rows. */
type Answer = (peer: RoguePeer, asked: number) => Promise<void>;

describe('a catalog without measure', () => {
  const { flood, tableRow, columnRow } = scripts;
  const onFetch = (cursor: string, answer: Answer): FakeServer => ({
    cursors: { tables: [tableRow(20_000)] },
    onQuery: async (peer, text) => {
      const asked = new RegExp(`^fetch forward (\\d+) from basekeep_${cursor}$`).exec(text)?.[1];
      if (asked === undefined) return false;
      await answer(peer, Number(asked));
      return true;
    },
  });
  /** As many rows as were asked for, each time: nothing says that there are no more. */
  const fullPages =
    (row: () => (string | null)[]): Answer =>
    (peer, asked) => {
      const rows = Array.from({ length: asked }, () => wire.dataRow(row()));
      return peer.send(Buffer.concat([...rows, wire.complete('FETCH'), wire.ready]));
    };

  test('endless rows in one answer are cut off', async () => {
    const rows = Buffer.concat(Array.from({ length: 1_000 }, () => wire.dataRow(tableRow(20_000))));
    const endless = onFetch('tables', (peer) => flood(peer, rows));
    expect(await rogues.read(fakePostgres(endless))).toBe('PROTOCOL_ERROR');
  });
  test('a row of 15 MB after the other is LIMIT_EXCEEDED', async () => {
    const row = wire.dataRow([...tableRow(20_000).slice(0, 5), 'x'.repeat(15 * 1024 * 1024)]);
    const heavy = onFetch('tables', (peer) => flood(peer, row));
    expect(await rogues.read(fakePostgres(heavy))).toBe('LIMIT_EXCEEDED');
  });
  test('a row of 1 GB is LIMIT_EXCEEDED before it has come', async () => {
    const huge = onFetch('tables', (peer) => peer.send(wire.header('D', 2 ** 30)));
    expect(await rogues.read(fakePostgres(huge))).toBe('LIMIT_EXCEEDED');
  });
  test('endless tables are LIMIT_EXCEEDED', async () => {
    let oid = 20_000;
    const endless = onFetch(
      'tables',
      fullPages(() => tableRow((oid += 1))),
    );
    expect(await rogues.read(fakePostgres(endless), { limits: { maxTables: 1_000 } })).toBe(
      'LIMIT_EXCEEDED',
    );
  });
  test('endless columns of one table are LIMIT_EXCEEDED', async () => {
    let position = 0;
    const endless = onFetch(
      'columns',
      fullPages(() => columnRow(20_000, (position += 1))),
    );
    expect(await rogues.read(fakePostgres(endless))).toBe('LIMIT_EXCEEDED');
  });
  test('a table of endless bytes is LIMIT_EXCEEDED', async () => {
    const comment = 'x'.repeat(8 * 1024);
    const endless = onFetch(
      'comments',
      fullPages(() => ['20000', '1', comment]),
    );
    expect(
      await rogues.read(fakePostgres(endless), { limits: { maxTableBytes: 10 * 1024 * 1024 } }),
    ).toBe('LIMIT_EXCEEDED');
  });
  test.each([
    ['the same table again', { tables: [tableRow(20_000), tableRow(20_000)] }],
    ['tables out of order', { tables: [tableRow(20_001), tableRow(20_000)] }],
    ['a table without a name', { tables: [['20000', 'public', null, 'r', '0']] }],
    [
      'an oid that is none',
      { tables: [['x', 'public', 't', 'r', '0', null, null, null, null, null]] },
    ],
    [
      'a kind that is none',
      { tables: [['20000', 'public', 't', 'z', '0', null, null, null, null, null]] },
    ],
    ['a type that is SQL', { columns: [['20000', '1', 'c', '25), (select 1', '-1', 'f', '', '']] }],
    [
      'names that are no JSON',
      { constraints: [['20000', 'k', 'f', '{1}', 's', 't', '{"a"', 'a', 'a', null]] },
    ],
    [
      'a key of unknown columns',
      { constraints: [['20000', 'k', 'p', '{7}', null, null, null, ' ', ' ', null]] },
    ],
  ])('%s is PROTOCOL_ERROR', async (_name, cursors) => {
    const complete = { tables: [tableRow(20_000)], ...cursors };
    expect(await rogues.read(fakePostgres({ cursors: complete }))).toBe('PROTOCOL_ERROR');
    // What it named as a type has not become part of a statement.
    expect(rogues.server.received.includes('(select 1')).toBe(false);
  });
});

describe('hostile names', () => {
  const names = [
    '__proto__',
    'constructor',
    `"; drop table x; --`,
    "'",
    'a\nb',
    '',
    '\u202e',
    '${x}',
  ];

  test('arrive as they are and reach no statement', async () => {
    const { tableRow, columnRow } = scripts;
    const tables = names.map((name, n) => tableRow(20_000 + n, name, name));
    const columns = names.map((name, n) => columnRow(20_000 + n, 1, name));
    const keys = names.map((name, n) => {
      const referenced = JSON.stringify([name]);
      return [`${20_000 + n}`, name, 'f', '{1}', name, name, referenced, 'a', 'c', null];
    });
    const read = await rogues.read(
      fakePostgres({ cursors: { tables, columns, constraints: keys } }),
    );
    expect(read).not.toBeTypeOf('string');
    if (typeof read === 'string') return;
    expect(read.map(({ name }) => name)).toEqual(names);
    expect(read.map(({ columns: [column] }) => column?.name)).toEqual(names);
    const [, , dropTable] = read;
    expect(dropTable?.foreignKeys).toEqual([
      {
        name: names[2],
        columns: [names[2]],
        referencedSchema: names[2],
        referencedTable: names[2],
        referencedColumns: [names[2]],
        onUpdate: 'no action',
        onDelete: 'cascade',
      },
    ]);
    expect(rogues.server.received.includes('drop table')).toBe(false);
  });
});
