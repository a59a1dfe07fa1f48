import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { packets } from '../../stand-ins/sql-server/handshake.ts';
import type { Peer } from '../../stand-ins/sql-server/peer.ts';
import {
  preloginAnswer,
  type SqlServerOptions,
  type,
  welcome,
} from '../../stand-ins/sql-server/server.ts';
import * as tokens from '../../stand-ins/sql-server/tokens.ts';
import { startCanary } from '../../support/canary.ts';
import { canMakeCertificates, makeAuthority } from '../../support/certificates.ts';
import { at, outcome, useSqlServerRogues } from './rogue-harness.ts';
import { password } from './sql-server-under-test.ts';

const rogues = useSqlServerRogues();
const mute = (): void => undefined;
const answering =
  (...parts: readonly Buffer[]) =>
  (peer: Peer): Promise<void> =>
    peer.answer(...parts);
const sending = (bytes: Buffer) => (peer: Peer) => peer.send(bytes);
const end = tokens.done();

describe('a server that keeps silent ends as TIMEOUT', () => {
  test.each([
    ['prelogin', 'sign-in'],
    ['sign-in', 'sign-in'],
    ['settings', 'query'],
    ['version', 'query'],
    ['tables', 'catalog'],
    ['columns', 'catalog'],
  ] as const)('at %s', async (moment, step) => {
    expect(outcome(await rogues.probe(at(moment, mute)))).toEqual([step, 'TIMEOUT']);
  });
  test('before TLS, and in its handshake', async () => {
    const connection = { sslEnabled: true };
    const first = await rogues.probe(at('prelogin', mute), { connection });
    expect(outcome(first)).toEqual(['tls', 'TIMEOUT']);
    let asked = 0;
    const offering = at('prelogin', (peer) => {
      asked += 1;
      if (asked === 1) void peer.send(preloginAnswer(1));
    });
    expect(outcome(await rogues.probe(offering, { connection }))).toEqual(['tls', 'TIMEOUT']);
  });
  test('dripping a packet byte by byte', async () => {
    const drip = at('sign-in', async (peer) => {
      await peer.send(packets(0x04, Buffer.alloc(4_000)).subarray(0, 8));
      while (!peer.closed) {
        await peer.send(Buffer.from([0xab]));
        await sleep(10);
      }
    });
    expect(outcome(await rogues.probe(drip))).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('in the middle of a read, and is asked to stop before its socket goes', async () => {
    const tables = [
      { schema: 'dbo', name: 't', type: 'U', comment: null, rows: null, columns: [] },
    ];
    const run = { readStatementMs: 400, tables };
    expect(await rogues.read(at('columns', mute), run)).toBe('TIMEOUT');
    expect(rogues.server.state.cancelled).toBe(1);
    // It does not answer the wish to stop either.
    let stops = 0;
    const { onMessage } = at('columns', mute);
    const deaf: SqlServerOptions = {
      onMessage(peer, message, call) {
        if (message.type !== type.attention) return onMessage(peer, message, call);
        stops += 1;
        return true;
      },
    };
    expect(await rogues.read(deaf, run)).toBe('TIMEOUT');
    expect(stops).toBe(1);
    await expect.poll(() => rogues.server.connections).toBe(0);
  });
});

describe('a server that breaks the protocol ends as PROTOCOL_ERROR', () => {
  const prelogin = (payload: readonly number[], type = 0x04): Buffer =>
    packets(type, Buffer.from(payload));
  const instead: [string, Buffer][] = [
    ['an SSH greeting', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['noise', Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 167 + 13) % 256))],
    ['a packet of no length', Buffer.from([0x04, 1, 0, 0, 0, 0, 0, 0])],
    ['a packet of 64 KB', Buffer.from([0x04, 1, 0xff, 0xff, 0, 0, 0, 0])],
    ['an answer without end', packets(0x04, Buffer.alloc(5_000))],
    ['no word about encryption', prelogin([0xff])],
    ['an option without end', prelogin([1, 0, 6])],
    ['an option beyond its packet', prelogin([1, 0, 90, 0, 1, 0xff, 0])],
    ['two words about encryption', prelogin([1, 0, 11, 0, 1, 1, 0, 11, 0, 1, 0xff, 2])],
    ['encryption of another kind', preloginAnswer(0x80)],
    ['more behind its answer', Buffer.concat([preloginAnswer(2), packets(0x04, end)])],
  ];
  test.each(instead)('with %s at first', async (_name, bytes) => {
    const rogue = at('prelogin', sending(bytes));
    expect(outcome(await rogues.probe(rogue))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
    const tls = await rogues.probe(rogue, { connection: { sslEnabled: true } });
    expect(outcome(tls)).toEqual(['tls', 'PROTOCOL_ERROR']);
  });

  /** A good answer but for what comes before its end. */
  const signedIn = (more: Buffer): Buffer =>
    Buffer.concat([...welcome('Shop').slice(0, -1), more, end]);
  const atSignIn: [string, Buffer][] = [
    ['nothing', packets(0x04, Buffer.alloc(0))],
    ['no acknowledgement', packets(0x04, end)],
    ['an acknowledgement without end', packets(0x04, tokens.loginAck())],
    ['an old version', packets(0x04, Buffer.concat([tokens.loginAck(0x7100_0001), end]))],
    ['a token that is none', packets(0x04, Buffer.from([0x42]))],
    ['half a token', packets(0x04, tokens.loginAck().subarray(0, 9))],
    ['a ticket to sign with', packets(0x04, Buffer.from([0xed, 2, 0, 1, 1]))],
    ['another way to sign in', packets(0x04, Buffer.from([0xee, 4, 0, 0, 0, 0, 0, 0, 0]))],
    ['rows', packets(0x04, tokens.columns(['limited']))],
    ['packets of no size', packets(0x04, signedIn(tokens.change(4, '8', '4096')))],
    ['packets of any size', packets(0x04, signedIn(tokens.change(4, '', '4096')))],
    ['a packet of another kind', packets(0x12, end)],
    ['two ends', packets(0x04, Buffer.concat([...welcome('Shop'), end]))],
    [
      'two answers',
      Buffer.concat([packets(0x04, Buffer.concat(welcome('Shop'))), packets(0x04, end)]),
    ],
  ];
  test.each(atSignIn)('with %s at the sign-in', async (_name, bytes) => {
    const report = await rogues.probe(at('sign-in', sending(bytes)));
    expect(outcome(report)).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });

  const head = tokens.columns(['limited', 'limited', 'limited']);
  const row = (...fields: (string | null)[]): Buffer =>
    tokens.row(fields, ['limited', 'limited', 'limited']);
  const otherType = tokens.columns(['limited', 'limited', 'limited'], 0xef);
  const brokenAnswers: [string, Buffer[]][] = [
    ['no end', [head, row('16.0', 'x', '3')]],
    ['an end that announces more', [head, row('16.0', 'x', '3'), tokens.done(tokens.status.more)]],
    ['rows without columns', [row('16.0', 'x', '3'), end]],
    ['other columns', [tokens.columns(['limited']), tokens.row(['16.0'], ['limited']), end]],
    // NCHAR, which is written as NVARCHAR is.
    ['columns of another type', [otherType, row('16.0', 'x', '3'), end]],
    ['65,535 columns', [Buffer.from([0x81, 0xff, 0xff]), end]],
    ['a second list of rows', [head, row('16.0', 'x', '3'), head, end]],
    ['more rows than were asked for', [head, row('16.0', 'x', '3'), row('16.0', 'x', '3'), end]],
    ['half a character', [head, Buffer.from([0xd1, 1, 0, 65, 0, 0, 0, 0]), end]],
    ['a value that nobody asked for', [Buffer.from([0xac, 0, 0, 0]), end]],
    ['another sign-in', [tokens.loginAck(), end]],
    ['a version that is none', [head, row('latest', 'x', '3'), end]],
    ['no version', [head, row(null, null, null), end]],
    ['no rows', [head, end]],
  ];
  test.each(brokenAnswers)('with %s', async (_name, parts) => {
    const report = await rogues.probe(at('version', answering(...parts)));
    expect(outcome(report)).toEqual(['query', 'PROTOCOL_ERROR']);
  });

  test('with answers that nobody asked for', async () => {
    const talking = at('version', async (peer) => {
      const answer = packets(0x04, Buffer.concat([head, row('16.0', 'x', '3'), end]));
      while (!peer.closed) await peer.send(Buffer.concat([answer, answer]));
    });
    expect((await rogues.probe(talking)).failure).toBe('PROTOCOL_ERROR');
  });
});

test('a server that sends its clients on to another one is not followed', async () => {
  const elsewhere = await startCanary();
  const away = tokens.routing('127.0.0.1', elsewhere.port);
  const signIn = answering(...welcome('Shop').slice(0, -1), away, end);
  const report = await rogues.probe(at('sign-in', signIn));
  expect(outcome(report)).toEqual(['sign-in', 'REDIRECT_REFUSED']);
  const later = await rogues.probe(at('version', answering(away, end)));
  expect(outcome(later)).toEqual(['query', 'REDIRECT_REFUSED']);
  expect(elsewhere.connections).toBe(0);
  await elsewhere.close();
});

describe('a server that goes away or complains', () => {
  test('at once, or within a packet: CONNECTION_LOST', async () => {
    for (const moment of ['prelogin', 'sign-in'] as const) {
      const report = await rogues.probe(at(moment, (peer) => peer.close()));
      expect(outcome(report)).toEqual(['sign-in', 'CONNECTION_LOST']);
    }
    const midPacket = at('version', async (peer) => {
      await peer.send(packets(0x04, end).subarray(0, 12));
      await sleep(20);
      peer.close();
    });
    expect(outcome(await rogues.probe(midPacket))).toEqual(['query', 'CONNECTION_LOST']);
    expect(await rogues.read(at('tables', (peer) => peer.close()))).toBe('CONNECTION_LOST');
  });

  test.skipIf(!canMakeCertificates())('with noise right behind its answer', async () => {
    const authority = makeAuthority();
    const identity = authority.sign({ names: 'DNS:localhost' });
    const connection = {
      ...{ host: 'localhost', sslEnabled: true, sslCaCertificate: authority.cert },
    };
    // Two TLS records in one packet: the driver is still busy with the first when the second ends it.
    const hasty = at('settings', (peer) => {
      void peer.answer(end);
      void peer.send(packets(0x12, end));
    });
    for (let n = 0; n < 5; n += 1) {
      const report = await rogues.probe({ identity, ...hasty }, { connection });
      expect(report.failure).toBe('PROTOCOL_ERROR');
    }
  });

  test('with 100 KB of text, of which nothing gets out', async () => {
    const text = `no such thing: ${password} ${'x'.repeat(25_000)}`;
    const errors = [1, 2, 3, 4].map(() => tokens.serverError(50_000, text));
    const failed = tokens.done(tokens.status.error);
    for (const moment of ['sign-in', 'version'] as const) {
      const report = await rogues.probe(at(moment, answering(...errors, failed)));
      expect(report.failure).toBe('SERVER_ERROR');
      expect(JSON.stringify(report)).not.toContain('no such thing');
    }
  });

  test('with a version of 4,000 characters, which is cut', async () => {
    const version = tokens.row(['16.0', 'v'.repeat(4_000), '3'], ['limited', 'limited', 'limited']);
    const columns = tokens.columns(['limited', 'limited', 'limited']);
    const report = await rogues.probe(at('version', answering(columns, version, end)));
    expect(report.failure).toBeNull();
    expect(report.serverVersion).toHaveLength(200);
  });

  const errors: [number[], ConnectionFailureCode][] = [
    [[18_456], 'AUTHENTICATION_FAILED'],
    [[18_486], 'AUTHENTICATION_FAILED'],
    [[4_060, 18_456], 'DATABASE_NOT_FOUND'],
    [[916], 'PERMISSION_DENIED'],
    [[17_809], 'TOO_MANY_CONNECTIONS'],
    [[40_613], 'SERVER_UNAVAILABLE'],
    [[1_222], 'TIMEOUT'],
    [[40_615], 'TIMEOUT'],
    [[60_000], 'SERVER_ERROR'],
  ];
  test.each(errors)('with errors %j: %s', async (numbers, code) => {
    const parts = numbers.map((number) => tokens.serverError(number, 'no'));
    const failed = tokens.done(tokens.status.error);
    const signIn = await rogues.probe(at('sign-in', answering(...parts, failed)));
    expect(outcome(signIn)).toEqual(['sign-in', code]);
    const query = await rogues.probe(at('version', answering(...parts, failed)));
    expect(outcome(query)).toEqual(['query', code]);
  });
});
