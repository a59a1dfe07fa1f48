import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import * as answers from '../../stand-ins/oracle/answers.ts';
import {
  acceptance,
  dataPackets,
  packet,
  redirection,
  refusal,
  resend,
  type,
} from '../../stand-ins/oracle/packets.ts';
import type { Incoming, Peer } from '../../stand-ins/oracle/peer.ts';
import { startCanary } from '../../support/canary.ts';
import { answering, at, outcome, useOracleRogues } from './rogue-harness.ts';
import { password } from './oracle-under-test.ts';

const rogues = useOracleRogues();
const mute = (): void => undefined;
const sending = (bytes: Buffer) => (peer: Peer) => peer.send(bytes);
const table = { schema: 'S', name: 'T', type: 'TABLE', rows: null, columns: [] };

describe('a server that keeps silent ends as TIMEOUT', () => {
  test.each([
    ['connect', 'sign-in'],
    ['protocol', 'sign-in'],
    ['data types', 'sign-in'],
    ['sign-in', 'sign-in'],
    ['proof', 'sign-in'],
    ['settings', 'query'],
    ['version', 'query'],
    ['owners', 'catalog'],
    ['tables', 'catalog'],
    ['columns', 'catalog'],
  ] as const)('at %s', async (moment, step) => {
    expect(outcome(await rogues.probe(at(moment, mute)))).toEqual([step, 'TIMEOUT']);
    await expect.poll(() => rogues.server.connections).toBe(0);
  });
  test('dripping a packet byte by byte', async () => {
    const drip = at('protocol', async (peer) => {
      await peer.send(dataPackets(Buffer.alloc(4_000)).subarray(0, 10));
      while (!peer.closed) {
        await peer.send(Buffer.from([0xab]));
        await sleep(10);
      }
    });
    expect(outcome(await rogues.probe(drip))).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('in the middle of a read, and is told to stop before its socket goes', async () => {
    const breaks: number[] = [];
    const deaf = at('columns', mute);
    const listening = {
      ...deaf,
      onPacket(_peer: Peer, given: Incoming): boolean {
        if (given.type === type.marker) breaks.push(given.bytes.readUInt8(10));
        return false;
      },
    };
    const read = await rogues.read(listening, { readStatementMs: 400, tables: [table] });
    expect(read).toBe('TIMEOUT');
    await expect.poll(() => rogues.server.connections).toBe(0);
    expect(breaks).toEqual([3]);
  });
});

describe('a server that sends its clients on', () => {
  test('is not followed, and no byte goes there', async () => {
    const canary = await startCanary();
    const address = `(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${canary.port}))`;
    const whole = `(DESCRIPTION=${address}(CONNECT_DATA=(SERVICE_NAME=shop.test)))`;
    for (const bytes of [redirection(address), redirection(whole)]) {
      const report = await rogues.probe(at('connect', sending(bytes)));
      expect(outcome(report)).toEqual(['sign-in', 'REDIRECT_REFUSED']);
    }
    // In the packet behind it, and after it has accepted.
    const late = packet(type.redirect, Buffer.alloc(2), { lengthBytes: 4 });
    expect((await rogues.probe(at('sign-in', sending(late)))).failure).toBe('REDIRECT_REFUSED');
    expect(canary.connections).toBe(0);
    await canary.close();
  });
  test('back to itself without end is cut off', async () => {
    const again = at('connect', sending(resend()));
    expect(outcome(await rogues.probe(again))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
});

describe('a server that breaks the protocol ends as PROTOCOL_ERROR', () => {
  const first: [string, Buffer][] = [
    ['an SSH greeting', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['noise', Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 167 + 13) % 256))],
    ['a packet of no length', Buffer.from([0, 0, 0, 0, type.accept, 0, 0, 0])],
    ['half an acceptance', packet(type.accept, Buffer.alloc(20))],
    ['an acceptance of an old version', acceptance({ version: 312 })],
    ['compression that nobody asked for', acceptance({ compression: 0x80 })],
    ['data', packet(type.data, Buffer.alloc(20))],
    ['TLS anew where there is none', resend(8)],
    ['a packet of ours', packet(type.connect, Buffer.alloc(70))],
  ];
  test.each(first)('with %s at first', async (_name, bytes) => {
    const report = await rogues.probe(at('connect', sending(bytes)));
    expect(outcome(report)).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });

  const large = (length: number, kind: number = type.data): Buffer => {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(length, 0);
    header.writeUInt8(kind, 4);
    return header;
  };
  const signIns: [string, Buffer][] = [
    ['a packet of 4 GB', large(0xffff_ffff)],
    ['a packet of no length', large(0)],
    ['a marker without its bytes', packet(type.marker, Buffer.alloc(1), { lengthBytes: 4 })],
    ['a message that is none', dataPackets(Buffer.from([0xee, 1, 2, 3]))],
    ['no key', dataPackets(Buffer.concat([answers.parameters([]), answers.status()]))],
    ['another acceptance', acceptance()],
  ];
  test.each(signIns)('with %s at the sign-in', async (_name, bytes) => {
    const report = await rogues.probe(at('sign-in', sending(bytes)));
    expect(report.steps.at(-1)?.step).toBe('sign-in');
    expect(['PROTOCOL_ERROR', 'AUTHENTICATION_FAILED']).toContain(report.failure);
  });
  test('without a proof that it knows the password itself', async () => {
    const version = answers.parameters([['AUTH_VERSION_NO', `${0x13000000}`]]);
    const rogue = at('proof', answering(version, answers.status()));
    expect(outcome(await rogues.probe(rogue))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });

  const statements: [string, Buffer][] = [
    ['a message that is none', Buffer.from([0xee, 1, 2, 3])],
    ['rows that nobody described', Buffer.concat([answers.row(['x'], ['text']), answers.end()])],
    ['no rows at all', answers.end()],
    ['more columns', Buffer.concat([answers.columns(['text', 'text']), answers.end(1_403, 'x')])],
    ['no columns', Buffer.concat([answers.columns([]), answers.end(1_403, 'x')])],
  ];
  test.each(statements)('with %s for an answer', async (_name, bytes) => {
    // A driver that had the server begin anew, and waited for it to say so, would end in TIMEOUT: 26.0.0
    // does neither, because it takes every message for one of a pipeline.
    const deaf = { onPacket: (_peer: Peer, given: Incoming) => given.type === type.marker };
    const report = await rogues.probe({ ...at('version', answering(bytes)), ...deaf });
    expect(outcome(report)).toEqual(['query', 'PROTOCOL_ERROR']);
  });
  test('with rows where there are none to be', async () => {
    const rows = [answers.columns(['text']), answers.rowHeader(), answers.end(1_403, 'x')];
    const report = await rogues.probe(at('settings', answering(...rows)));
    expect(report.failure).not.toBeNull();
  });
});

describe('a server that goes away or complains', () => {
  test('at once, or within a packet: CONNECTION_LOST', async () => {
    for (const moment of ['connect', 'sign-in', 'proof'] as const) {
      const report = await rogues.probe(at(moment, (peer) => peer.close()));
      expect(outcome(report)).toEqual(['sign-in', 'CONNECTION_LOST']);
    }
    const midPacket = at('version', async (peer) => {
      await peer.send(dataPackets(answers.end()).subarray(0, 12));
      peer.end();
    });
    expect(outcome(await rogues.probe(midPacket))).toEqual(['query', 'CONNECTION_LOST']);
    const gone = at('tables', (peer) => peer.close());
    expect(await rogues.read(gone, { tables: [table] })).toBe('CONNECTION_LOST');
  });
  test('with its word first, when it leaves right behind it', async () => {
    const leaving = at('proof', async (peer) => {
      await answering(answers.end(28_000, 'ORA-28000: the account is locked\n'))(peer);
      peer.end();
    });
    expect((await rogues.probe(leaving)).failure).toBe('AUTHENTICATION_FAILED');
  });
  test('with 100 KB of text, of which nothing gets out', async () => {
    const text = `ORA-60000: no such thing: ${password} ${'x'.repeat(100_000)}`;
    for (const moment of ['proof', 'version'] as const) {
      const report = await rogues.probe(at(moment, answering(answers.end(60_000, text))));
      expect(report.failure).toBe('SERVER_ERROR');
      expect(JSON.stringify(report)).not.toContain('no such thing');
    }
  });
  test('with a version of 4,000 characters, which is cut', async () => {
    const version = [
      ...[answers.columns(['text']), answers.rowHeader()],
      ...[answers.row(['v'.repeat(4_000)], ['text']), answers.end(1_403, 'x')],
    ];
    const report = await rogues.probe(at('version', answering(...version)));
    expect(report.failure).toBeNull();
    expect(report.serverVersion).toHaveLength(200);
  });

  const refusals: [number, ConnectionFailureCode][] = [
    [12_514, 'DATABASE_NOT_FOUND'],
    [12_505, 'DATABASE_NOT_FOUND'],
    [12_520, 'TOO_MANY_CONNECTIONS'],
    [12_528, 'SERVER_UNAVAILABLE'],
    [12_506, 'TIMEOUT'],
    [12_999, 'SERVER_ERROR'],
  ];
  test.each(refusals)('refused with TNS-%i: %s', async (number, code) => {
    const report = await rogues.probe(at('connect', sending(refusal(number))));
    expect(outcome(report)).toEqual(['sign-in', code]);
  });
  test('refused with a text that comes after it, or with none', async () => {
    const text = Buffer.from('(DESCRIPTION=(ERR=12514))');
    const behind = packet(type.data, Buffer.concat([Buffer.alloc(2), text]));
    const bare = packet(type.refuse, Buffer.alloc(4));
    const late = await rogues.probe(at('connect', sending(Buffer.concat([bare, behind]))));
    expect(late.failure).toBe('DATABASE_NOT_FOUND');
    const odd = packet(type.refuse, Buffer.from('\0\0\0\0(ERR=(((('));
    expect((await rogues.probe(at('connect', sending(odd)))).failure).toBe('SERVER_ERROR');
  });

  const errors: [number, ConnectionFailureCode][] = [
    [1_017, 'AUTHENTICATION_FAILED'],
    [1_005, 'AUTHENTICATION_FAILED'],
    [28_000, 'AUTHENTICATION_FAILED'],
    [28_001, 'AUTHENTICATION_FAILED'],
    [1_045, 'PERMISSION_DENIED'],
    [942, 'PERMISSION_DENIED'],
    [18, 'TOO_MANY_CONNECTIONS'],
    [1_033, 'SERVER_UNAVAILABLE'],
    [1_555, 'SERVER_UNAVAILABLE'],
    [3_113, 'CONNECTION_LOST'],
    [60_000, 'SERVER_ERROR'],
  ];
  test.each(errors)('with ORA-%i: %s', async (number, code) => {
    const refused = answering(answers.end(number, `ORA-${number}: no\n`));
    expect(outcome(await rogues.probe(at('proof', refused)))).toEqual(['sign-in', code]);
    expect(outcome(await rogues.probe(at('version', refused)))).toEqual(['query', code]);
  });
});
