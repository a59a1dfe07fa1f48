import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import * as wire from '../../support/servers/rogue-mysql.ts';
import {
  atSource,
  fakeMysql,
  type FakeServer,
  flood,
  greet,
  type Script,
  stayMute,
  trust,
} from './mysql-rogues.ts';
import { outcome, password, useMysqlRogues } from './mysql-rogue-harness.ts';

const rogues = useMysqlRogues();

const atQuery = (answer: Script): FakeServer => ({
  onQuery: async (peer) => {
    await answer(peer);
    await stayMute(peer);
    return true;
  },
});

describe('a server that keeps silent ends as TIMEOUT', () => {
  test('after the connection', async () => {
    expect(outcome(await rogues.probe(stayMute))).toEqual(['sign-in', 'TIMEOUT']);
    const tls = await rogues.probe(stayMute, { connection: { sslEnabled: true } });
    expect(outcome(tls)).toEqual(['tls', 'TIMEOUT']);
  });
  test('in the TLS handshake', async () => {
    const script: Script = async (peer) => {
      await peer.send(wire.greeting({ tls: true }));
      await stayMute(peer);
    };
    expect(outcome(await rogues.probe(script, { connection: { sslEnabled: true } }))).toEqual([
      'tls',
      'TIMEOUT',
    ]);
  });
  test('after the greeting, and after a switch of method', async () => {
    const silent = fakeMysql({ signIn: stayMute });
    expect(outcome(await rogues.probe(silent))).toEqual(['sign-in', 'TIMEOUT']);
    const switching = fakeMysql({
      signIn: async (peer, sequence) => {
        await peer.send(wire.authSwitch(sequence + 1, 'caching_sha2_password'));
        await stayMute(peer);
      },
    });
    expect(outcome(await rogues.probe(switching))).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('at the first statement', async () => {
    const mute = fakeMysql(atQuery(() => Promise.resolve()));
    expect(outcome(await rogues.probe(mute))).toEqual(['query', 'TIMEOUT']);
  });
  test('dripping a packet byte by byte', async () => {
    const drip: Script = async (peer) => {
      await greet(peer);
      await peer.send(wire.header(2, 10_000));
      while (!peer.closed) {
        await peer.send(Buffer.from('x'));
        await sleep(10);
      }
    };
    expect(outcome(await rogues.probe(drip))).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('in the middle of a read, and is asked to kill the session', async () => {
    const mute = fakeMysql(atSource('columns', stayMute));
    expect(await rogues.read(mute, { readStatementMs: 400 })).toBe('TIMEOUT');
    expect(rogues.server.received.toString('latin1')).toContain('kill 4711');
  });
});

describe('a server that breaks the protocol ends as PROTOCOL_ERROR', () => {
  const instead: [string, Buffer][] = [
    ['an SSH greeting', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['noise', Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 167 + 13) % 256))],
    ['a greeting of MySQL 3.23', wire.packet(0, 9, '3.23.49\0', 'x'.repeat(20))],
    ['a greeting without end', wire.packet(0, 10, 'x'.repeat(900))],
    ['a greeting without scramble', wire.packet(0, 10, '8.4.3\0', 'x'.repeat(10))],
    ['a greeting without modern sign-in', wire.greeting({ flags: 0x205 })],
    ['a greeting of 16 MB', wire.header(0, 0xff_ff_ff)],
    ['a greeting out of turn', wire.header(7, 80)],
    ['a greeting with more behind it', Buffer.concat([wire.greeting(), wire.ok(1)])],
  ];
  test.each(instead)('with %s instead of a greeting', async (_name, bytes) => {
    const script: Script = async (peer) => {
      await peer.send(bytes);
      await stayMute(peer);
    };
    expect(outcome(await rogues.probe(script))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
    const tls = await rogues.probe(script, { connection: { sslEnabled: true } });
    expect(outcome(tls)).toEqual(['tls', 'PROTOCOL_ERROR']);
  });

  const atSignIn: [string, Buffer][] = [
    ['an empty packet', wire.header(2, 0)],
    ['a packet out of order', wire.ok(5)],
    ['an unknown packet', wire.packet(2, 0x42)],
    ['rows', wire.packet(2, 3)],
    ['more data that nobody asked for', wire.packet(2, 1, 4)],
    ['a short scramble', wire.authSwitch(2, 'mysql_native_password', 'abc')],
    ['an error of one byte', wire.packet(2, 0xff, 1)],
    ['a packet of 16 MB', wire.header(2, 0xff_ff_ff)],
    [
      'a second switch',
      Buffer.concat([
        wire.authSwitch(2, 'mysql_native_password'),
        wire.authSwitch(3, 'caching_sha2_password'),
      ]),
    ],
  ];
  test.each(atSignIn)('with %s at the sign-in', async (_name, bytes) => {
    const script: Script = async (peer) => {
      await greet(peer);
      await peer.send(bytes);
      await stayMute(peer);
    };
    expect(outcome(await rogues.probe(script))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });

  const head = wire.rowsHead(1);
  const brokenAnswers: [string, Buffer][] = [
    ['a request for a file of ours', wire.packet(1, 0xfb, '/etc/passwd')],
    [
      'a request for a file behind rows',
      Buffer.concat([head, wire.packet(4, 0xfb, '/etc/passwd')]),
    ],
    ['a second result', wire.ok(1, 0x0a)],
    ['a second result behind rows', Buffer.concat([head, wire.eof(4, 0x0a)])],
    ['too many columns', wire.packet(1, 200)],
    ['a thousand columns', wire.packet(1, 0xfc, 0xe8, 3)],
    ['a column without shape', Buffer.concat([wire.packet(1, 1), wire.packet(2, 'xxxx')])],
    ['an OK of two bytes', wire.packet(1, 0, 0)],
    ['a field longer than its row', Buffer.concat([head, wire.packet(4, 200, 'short')])],
    ['a row that is too long', Buffer.concat([head, wire.packet(4, 1, 'a', 1, 'b')])],
    ['a packet out of order', wire.ok(9)],
    ['a binary row', Buffer.concat([head, wire.packet(4, 0, 0, 1, 'a')])],
    ['a row where none was asked for', Buffer.concat([head, wire.textRow(4, ['a'])])],
    ['another sign-in', wire.authSwitch(1, 'mysql_clear_password')],
  ];
  test.each(brokenAnswers)('with %s', async (_name, bytes) => {
    const report = await rogues.probe(fakeMysql(atQuery((peer) => peer.send(bytes))));
    expect(outcome(report)).toEqual(['query', 'PROTOCOL_ERROR']);
    expect(rogues.server.received.includes('root:')).toBe(false);
  });

  test('with a session that can write, or a version of nothing', async () => {
    const answering = (needle: string, rows: wire.Rows) =>
      fakeMysql({
        onQuery: async (peer, text) => {
          if (!text.includes(needle)) return false;
          await peer.send(wire.answer(rows));
          return true;
        },
      });
    const off = answering('show session variables', [['tx_read_only', 'OFF']]);
    expect(outcome(await rogues.probe(off))).toEqual(['query', 'PROTOCOL_ERROR']);
    const none = answering('show session variables', []);
    expect(outcome(await rogues.probe(none))).toEqual(['query', 'PROTOCOL_ERROR']);
    const nameless = answering('version()', [[null]]);
    expect(outcome(await rogues.probe(nameless))).toEqual(['query', 'PROTOCOL_ERROR']);
  });

  test('with packets that nobody asked for', async () => {
    const talking = fakeMysql({
      signIn: async (peer, sequence) => {
        await trust(peer, sequence);
        await flood(peer, Buffer.concat(Array.from({ length: 1_000 }, () => wire.ok(1))));
      },
    });
    expect((await rogues.probe(talking)).failure).toBe('PROTOCOL_ERROR');
  });
});

describe('a server that goes away or complains', () => {
  test('at once, or within a packet: CONNECTION_LOST', async () => {
    const atOnce = await rogues.probe((peer) => Promise.resolve(peer.close()));
    expect(outcome(atOnce)).toEqual(['sign-in', 'CONNECTION_LOST']);
    const midPacket = await rogues.probe(async (peer) => {
      await greet(peer);
      await peer.send(wire.ok(2).subarray(0, 6));
      await sleep(20);
      peer.close();
    });
    expect(outcome(midPacket)).toEqual(['sign-in', 'CONNECTION_LOST']);
    const reading = atSource('columns', (peer) => Promise.resolve(peer.close()));
    expect(await rogues.read(fakeMysql(reading))).toBe('CONNECTION_LOST');
  });

  test('with 100 KB of text, of which nothing gets out', async () => {
    const text = `no such thing: ${password} ${'x'.repeat(100_000)}`;
    const report = await rogues.probe(async (peer) => {
      await greet(peer);
      await peer.send(wire.serverError(2, 1_234, text));
    });
    expect(outcome(report)).toEqual(['sign-in', 'SERVER_ERROR']);
    expect(JSON.stringify(report)).not.toContain('no such thing');
  });

  test('with a version of 100 KB, which is cut', async () => {
    const report = await rogues.probe(fakeMysql({ version: `8.4.3${'v'.repeat(100_000)}` }));
    expect(report.failure).toBeNull();
    expect(report.serverVersion).toHaveLength(200);
  });

  const errors: [number, string, ConnectionFailureCode][] = [
    [1_045, 'Access denied', 'AUTHENTICATION_FAILED'],
    [1_049, 'Unknown database', 'DATABASE_NOT_FOUND'],
    [1_044, 'Access denied', 'PERMISSION_DENIED'],
    [1_040, 'Too many connections', 'TOO_MANY_CONNECTIONS'],
    [1_053, 'Server shutdown in progress', 'SERVER_UNAVAILABLE'],
    [3_159, 'require_secure_transport=ON', 'TLS_REQUIRED'],
    [1_105, 'Server does not allow insecure connections, use SSL', 'TLS_REQUIRED'],
    [60_000, '', 'SERVER_ERROR'],
  ];
  test.each(errors)('with error %i (%s): %s', async (number, text, code) => {
    const atSignIn = await rogues.probe(async (peer) => {
      await greet(peer);
      await peer.send(wire.serverError(2, number, text));
    });
    expect(outcome(atSignIn)).toEqual(['sign-in', code]);
    const instead = await rogues.probe((peer) => peer.send(wire.serverError(0, number, text)));
    expect(outcome(instead)).toEqual(['sign-in', code]);
  });
});
