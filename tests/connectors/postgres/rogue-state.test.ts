import { describe, expect, test } from 'vitest';
import type { CatalogState, UnchangedTable } from '../../../workers/connectors/connector.ts';
import * as wire from '../../support/servers/rogue-postgres.ts';
import { fakePostgres, flood, tableRow } from '../../support/servers/rogue-scripts.ts';
import { type Script, usePostgresRogues } from './rogue-harness.ts';

// What a server says of its own state decides what is read: it may lie, and no more than that.

const rogues = usePostgresRogues();

type Rows = (string | null)[][];

interface Claims {
  readonly state: Rows;
  readonly changed?: Rows;
  readonly names?: Rows;
}

const around = ['1700000000 16384 somebody', 'C 1:1'];
const rowsOf = (rows: Rows): Buffer[] => [...rows.map(wire.dataRow), wire.complete('SELECT')];

/** A server of one table, of which it claims something. */
function claiming({ state, changed = [], names = [] }: Claims): Script {
  return fakePostgres({
    cursors: { tables: [tableRow(20_000)], names },
    onQuery: async (peer, text) => {
      const rows = answerTo(text, state, changed);
      if (rows) await peer.send(Buffer.concat([...rowsOf(rows), wire.ready]));
      return rows !== null;
    },
  });
}

function answerTo(text: string, state: Rows, changed: Rows): Rows | null {
  if (text.includes('pg_postmaster_start_time')) return state;
  return text.includes('with changed as') ? changed : null;
}

/** Reads, and answers what was told beside the tables. */
async function read(script: Script, state: CatalogState | null = null) {
  const told: { state: CatalogState | null; left: UnchangedTable[] } = { state: null, left: [] };
  const see = (now: CatalogState): void => void (told.state = now);
  const leave = (table: UnchangedTable): void => void told.left.push(table);
  const tables = await rogues.read(script, { request: { stored: { state, see, leave } } });
  return { tables, ...told };
}

const known = [around, ['7', '5']];
const other = [around, ['7', '6']];

describe('a state that is none', () => {
  test.each<[string, Rows]>([
    ['a bucket that is no number', [around, ['x', '5']]],
    ['a bucket below the first', [around, ['-1', '5']]],
    ['a bucket after the last', [around, ['4096', '5']]],
    ['half a bucket', [around, ['1.5', '5']]],
    ['a bucket without a sum', [around, ['1', null]]],
    ['a sum that is no number', [around, ['1', 'NaN']]],
    ['a sum that goes on', [around, ['1', '9'.repeat(1_000)]]],
  ])('%s is PROTOCOL_ERROR', async (_name, state) => {
    expect(await read(claiming({ state }))).toEqual({
      ...{ tables: 'PROTOCOL_ERROR', state: null, left: [] },
    });
  });

  test('endless buckets are cut off', async () => {
    const rows = Buffer.concat(Array.from({ length: 1_000 }, () => wire.dataRow(['1', '1'])));
    const endless = fakePostgres({
      onQuery: async (peer, text) => {
        if (!text.includes('pg_postmaster_start_time')) return false;
        await flood(peer, rows);
        return true;
      },
    });
    expect(await read(endless)).toMatchObject({ tables: 'PROTOCOL_ERROR', state: null });
  });
});

describe('changes that are none', () => {
  test.each<[string, Omit<Claims, 'state'>]>([
    ['an oid that is SQL', { changed: [['1}) or (true']] }],
    ['an oid that is nothing', { changed: [[null]] }],
    ['a table without a name', { names: [['20001', 'public', null, '1']] }],
    ['a table without an oid', { names: [[null, 'public', 't', '1']] }],
    ['columns that are no number', { names: [['20001', 'public', 't', 'many']] }],
    [
      'a table named twice',
      {
        names: [
          ['20001', 'public', 't', '1'],
          ['20001', 'public', 't', '1'],
        ],
      },
    ],
  ])('%s is PROTOCOL_ERROR', async (_name, claims) => {
    const before = await read(claiming({ state: known }));
    const changed = [['20000']];
    const after = await read(claiming({ state: other, changed, ...claims }), before.state);
    expect(after.tables).toBe('PROTOCOL_ERROR');
    expect(rogues.server.received.includes('or (true')).toBe(false);
  });

  test('what is claimed is what is read, and what is left', async () => {
    const before = await read(claiming({ state: known }));
    expect(before.left).toEqual([]);
    const names = [
      ['20000', 'public', 't20000', '0'],
      ['20001', 'public', 'other', '3'],
    ];
    const after = await read(claiming({ state: other, changed: [['20000']], names }), before.state);
    expect(after.tables).toMatchObject([{ schema: 'public', name: 't20000' }]);
    expect(after.left).toEqual([{ schema: 'public', name: 'other', columns: 3 }]);
  });
});
