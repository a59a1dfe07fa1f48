import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createMysqlConnector } from '../../../workers/connectors/mysql/connector.ts';
import * as wire from '../../support/servers/rogue-mysql.ts';
import { targetOf, useMysqlRogues } from './mysql-rogue-harness.ts';
import {
  atSource,
  columnRow,
  fakeMysql,
  type FakeServer,
  flood,
  type Script,
  stayMute,
  tableRow,
} from './mysql-rogues.ts';

const rogues = useMysqlRogues();

describe('a catalog without measure', () => {
  const rows = (row: readonly (string | null)[]): Buffer =>
    Buffer.concat(Array.from({ length: 256 }, (_, n) => wire.textRow(n, row)));
  // Rows begin at the number after the head's; whole rounds of 256 keep the order.
  const endless =
    (row: readonly (string | null)[]): Script =>
    async (peer) => {
      const first = row.length + 3;
      const begin = Array.from({ length: 256 - first }, (_, n) => wire.textRow(first + n, row));
      await peer.send(Buffer.concat([wire.rowsHead(row.length), ...begin]));
      await flood(peer, rows(row));
    };

  test('endless rows are cut off', async () => {
    const flooding = atSource('columns', endless(columnRow('t', 'c')));
    const limits = { maxColumns: 20_000 };
    expect(await rogues.read(fakeMysql(flooding), { limits })).toBe('PROTOCOL_ERROR');
  });
  test('endless bytes are LIMIT_EXCEEDED', async () => {
    const flooding = atSource('columns', endless(columnRow('t', 'x'.repeat(60_000))));
    const limits = { maxAnswerBytes: 20 * 1024 * 1024 };
    expect(await rogues.read(fakeMysql(flooding), { limits })).toBe('LIMIT_EXCEEDED');
  });
  test('a row of 16 MB is LIMIT_EXCEEDED before it has come', async () => {
    const huge = atSource('columns', async (peer) => {
      await peer.send(Buffer.concat([wire.rowsHead(11), wire.header(14, 0xff_ff_ff)]));
      await stayMute(peer);
    });
    expect(await rogues.read(fakeMysql(huge))).toBe('LIMIT_EXCEEDED');
  });
  test('a single table that is too large is LIMIT_EXCEEDED', async () => {
    const columns = Array.from({ length: 200 }, (_, n) => columnRow('t', 'x'.repeat(1_000), n));
    const large = fakeMysql({ rows: { tables: [tableRow('t')], columns } });
    expect(await rogues.read(large, { limits: { maxTableBytes: 100_000 } })).toBe('LIMIT_EXCEEDED');
    expect(await rogues.read(large, { limits: { maxPartsPerTable: 100 } })).toBe('LIMIT_EXCEEDED');
  });
  test('more names of schemas than are worth keeping are LIMIT_EXCEEDED', async () => {
    const schemas = Array.from({ length: 300 }, (_, n) => [`${n}`.padEnd(60_000, 'x'), '1']);
    const onQuery: FakeServer['onQuery'] = async (peer, text) => {
      if (text.includes('count(*)')) await peer.send(wire.answer(schemas));
      return text.includes('count(*)');
    };
    expect(await rogues.read(fakeMysql({ onQuery }))).toBe('LIMIT_EXCEEDED');
  });
  test('more names of tables than are worth keeping are LIMIT_EXCEEDED', async () => {
    const tables = Array.from({ length: 200 }, (_, n) => tableRow(`${n}`.padEnd(1_000, 'x')));
    const many = fakeMysql({ rows: { tables } });
    expect(await rogues.read(many, { limits: { maxTableBytes: 100_000 } })).toBe('LIMIT_EXCEEDED');
  });
  test('tables that are too large together are read one by one', async () => {
    const names = ['a', 'b', 'c'];
    const onQuery: FakeServer['onQuery'] = async (peer, text) => {
      const source = /information_schema\.(tables|columns) /.exec(`${text} `)?.[1];
      if (!source || text.includes('count(*)')) return false;
      const range = (sign: string) =>
        Buffer.from(new RegExp(`${sign} 0x([0-9a-f]+)`).exec(text)?.[1] ?? '', 'hex').toString();
      const from = range('>=');
      const below = range('[^>]<') || '~';
      const within = names.filter((name) => name >= from && name < below);
      const row = (name: string) =>
        source === 'tables' ? tableRow(name) : columnRow(name, 'x'.repeat(40_000));
      await peer.send(wire.answer(within.map(row), source === 'tables' ? 6 : 11));
      return true;
    };
    const large = fakeMysql({ rows: { tables: names.map((name) => tableRow(name)) }, onQuery });
    const read = await rogues.read(large, { limits: { portionBytes: 50_000 } });
    expect(read).toBeInstanceOf(Array);
    if (typeof read !== 'string') expect(read.map(({ name }) => name)).toEqual(names);
  });

  test.each<[string, FakeServer['rows']]>([
    ['a table without a name', { tables: [['s', null, 'BASE TABLE', 'InnoDB', '0', '']] }],
    ['a table without a type', { tables: [['s', 't', null, 'InnoDB', '0', '']] }],
    [
      'a key with a rule that is none',
      {
        key_column_usage: [['s', 't', 'k', '1', 'c', 's', 't', 'c']],
        referential_constraints: [['s', 't', 'k', 'EXPLODE', 'CASCADE']],
      },
    ],
    [
      'an index of nothing',
      { statistics: [['s', 't', 'i', '1', null, '0', 'A', null, 'BTREE', null]] },
    ],
  ])('%s is PROTOCOL_ERROR', async (_name, rows) => {
    const complete = { tables: [tableRow('t')], columns: [columnRow('t', 'c')], ...rows };
    expect(await rogues.read(fakeMysql({ rows: complete }))).toBe('PROTOCOL_ERROR');
  });

  test('rows shorter than their head are PROTOCOL_ERROR', async () => {
    const head = wire.rowsHead(6);
    const short = [wire.textRow(9, tableRow('t').slice(0, 5)), wire.eof(10)];
    const broken = atSource('tables', (peer) => peer.send(Buffer.concat([head, ...short])));
    expect(await rogues.read(fakeMysql(broken))).toBe('PROTOCOL_ERROR');
  });

  test('a table that comes twice, or from elsewhere, is read once, or not', async () => {
    const tables = [tableRow('t'), tableRow('t')];
    const elsewhere = fakeMysql({
      rows: { columns: [columnRow('t', 'c'), columnRow('u', 'c')] },
      onQuery: async (peer, text) => {
        if (text.includes('count(*)')) await peer.send(wire.answer([['s', '2']]));
        else if (!text.includes('information_schema.tables')) return false;
        else await peer.send(wire.answer([...tables, tableRow('u', 'mysql')]));
        return true;
      },
    });
    const read = await rogues.read(elsewhere);
    expect(typeof read === 'string' ? read : read.map(({ name }) => name)).toEqual(['t']);
  });
});

describe('hostile names', () => {
  const names = [
    ...['__proto__', 'constructor', '`; drop table x; --', "'", '\\', 'a\nb', '', '\u202e', '${x}'],
    'ü'.repeat(5_000),
  ];

  test('arrive as they are and reach no statement', async () => {
    const server = {
      rows: {
        tables: names.map((name) => tableRow(name, 's')),
        columns: names.map((name) => columnRow(name, name)),
        key_column_usage: names.map((name) => ['s', name, name, '1', name, name, name, name]),
        referential_constraints: names.map((name) => ['s', name, name, 'CASCADE', 'RESTRICT']),
      },
    };
    const read = await rogues.read(fakeMysql(server));
    expect(read).not.toBeTypeOf('string');
    if (typeof read === 'string') return;
    expect(read.map(({ name }) => name)).toEqual(names);
    expect(read.map(({ columns: [column] }) => column?.name)).toEqual(names);
    expect(read.map(({ foreignKeys: [key] }) => key?.referencedTable)).toEqual(names);
    expect(rogues.server.received.includes('drop table')).toBe(false);
  });

  test('of schemas go out as digits', async () => {
    const schema = "x' or 1=1 -- \\";
    const server = { rows: { tables: [tableRow('t', schema)] } };
    await rogues.read(fakeMysql(server));
    expect(rogues.server.received.includes('or 1=1')).toBe(false);
    expect(rogues.server.received.includes(Buffer.from(schema).toString('hex'))).toBe(true);
  });
});

describe('what a session sends', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'home-'));
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  test('is nothing of our environment, our home folder or our machine', async () => {
    writeFileSync(path.join(home, '.my.cnf'), '[client]\npassword=canary-cnf\n', { mode: 0o600 });
    for (const name of ['MYSQL_PWD', 'MYSQL_HOST', 'MYSQL_USER', 'USER', 'DATABASE_URL']) {
      vi.stubEnv(name, `canary-${name}`);
    }
    vi.stubEnv('MYSQL_HOME', home);
    vi.stubEnv('HOME', home);
    await rogues.probe(fakeMysql());
    const sent = rogues.server.received.toString('latin1');
    expect(sent).toContain('somebody');
    expect(sent).not.toMatch(/canary-(?!5f2d8c)/);
    // The capability to be asked for local files is not even offered.
    expect((rogues.server.received[4] ?? 0) & 0x80).toBe(0);
  });

  test('works without a password too', async () => {
    const rogue = await wire.startRogueMysql(fakeMysql());
    const { failure } = await createMysqlConnector().probe(
      targetOf({ port: rogue.port }, undefined),
      new AbortController().signal,
    );
    expect(failure).toBeNull();
    await rogue.close();
  });
});
