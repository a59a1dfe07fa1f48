import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import * as wire from '../../support/servers/rogue-postgres.ts';
import * as scripts from '../../support/servers/rogue-scripts.ts';
import { fakePostgres, type FakeServer } from '../../support/servers/rogue-scripts.ts';
import { deadlineMs, outcome, password, type Script, usePostgresRogues } from './rogue-harness.ts';

const rogues = usePostgresRogues();

describe('a server that keeps silent ends as TIMEOUT', () => {
  const { stayMute, greet, trust } = scripts;
  test('after the connection', async () => {
    expect(outcome(await rogues.probe(stayMute, { waitMs: deadlineMs }))).toEqual([
      'sign-in',
      'TIMEOUT',
    ]);
  });
  test('when asked for TLS', async () => {
    expect(
      outcome(
        await rogues.probe(stayMute, { connection: { sslEnabled: true }, waitMs: deadlineMs }),
      ),
    ).toEqual(['tls', 'TIMEOUT']);
  });
  test('in the handshake', async () => {
    const report = await rogues.probe(
      async (peer) => {
        await peer.receive();
        await peer.send(Buffer.from('S'));
        await stayMute(peer);
      },
      { connection: { sslEnabled: true }, waitMs: deadlineMs },
    );
    expect(outcome(report)).toEqual(['tls', 'TIMEOUT']);
  });
  test('in the middle of SCRAM', async () => {
    const report = await rogues.probe(
      async (peer) => {
        await greet(peer);
        await peer.send(wire.ask.scram);
        await stayMute(peer);
      },
      { waitMs: deadlineMs },
    );
    expect(outcome(report)).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('at the first statement', async () => {
    const report = await rogues.probe(
      async (peer) => {
        await greet(peer);
        await trust(peer);
        await stayMute(peer);
      },
      { waitMs: deadlineMs },
    );
    expect(outcome(report)).toEqual(['query', 'TIMEOUT']);
  });
  test('dripping a message byte by byte', async () => {
    const report = await rogues.probe(
      async (peer) => {
        await greet(peer);
        await peer.send(wire.header('N', 10_000));
        while (!peer.closed) {
          await peer.send(Buffer.from('x'));
          await sleep(10);
        }
      },
      { waitMs: deadlineMs },
    );
    expect(outcome(report)).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('in the middle of a read, and is asked to cancel', async () => {
    const server: FakeServer = {
      onQuery: async (peer, text) => {
        if (text.includes('from basekeep_')) await stayMute(peer);
        return false;
      },
    };
    expect(await rogues.read(fakePostgres(server), { waitMs: deadlineMs })).toBe('TIMEOUT');
    const cancel = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 18, 103, 0, 0, 3, 47]);
    expect(rogues.server.received.includes(cancel)).toBe(true);
  });
});

describe('a server that breaks the protocol ends as PROTOCOL_ERROR', () => {
  const { greet, trust, flood, stayMute } = scripts;
  const unterminated = Buffer.concat([wire.header('E', 10), Buffer.from('SFATAL')]);
  const brokenBeforeSignIn: [string, Buffer][] = [
    ['an SSH greeting', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['a MySQL greeting', Buffer.from('J\0\0\0\x0a8.0.36\0')],
    ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['noise', Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 167 + 13) % 256))],
    ['a message of 2 GB', wire.header('R', 2 ** 31 - 1)],
    ['a message of 4 GB', wire.header('S', 2 ** 32 - 1)],
    ['a message of no length', wire.header('R', 0)],
    ['an error without an end', unterminated],
    ['a parameter without an end', Buffer.concat([wire.header('S', 8), Buffer.from('abcd')])],
    ['readiness without a sign-in', wire.ready],
    ['rows before the sign-in', wire.dataRow(['1'])],
    ['an authentication of two bytes', Buffer.concat([wire.header('R', 6), Buffer.from('ab')])],
  ];
  test.each(brokenBeforeSignIn)('with %s', async (_name, bytes) => {
    const report = await rogues.probe(async (peer) => {
      await greet(peer);
      await peer.send(bytes);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });

  const negativeCount = wire.message('D', wire.int16(-1));
  const overlongField = wire.message('D', wire.int16(1), 1_000_000, Buffer.from('short'));
  const brokenAnswers: [string, Buffer][] = [
    ['a row of -1 fields', negativeCount],
    ['a field longer than its row', overlongField],
    ['a request to COPY our files', wire.message('G', Buffer.from([0, 0, 0]))],
    ['a COPY to us', wire.message('H', Buffer.from([0, 0, 0]))],
    ['another sign-in', wire.ask.cleartext],
    [
      'two rows where one was asked for',
      Buffer.concat([wire.dataRow(['a', 'on']), wire.dataRow(['b', 'on'])]),
    ],
    [
      'a session that can write',
      Buffer.concat([wire.dataRow(['PostgreSQL', 'off']), wire.complete('X'), wire.ready]),
    ],
    ['no version at all', Buffer.concat([wire.complete('X'), wire.ready])],
  ];
  test.each(brokenAnswers)('with %s', async (_name, bytes) => {
    const report = await rogues.probe(async (peer) => {
      await greet(peer);
      await trust(peer);
      await peer.receive();
      await peer.send(bytes);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['query', 'PROTOCOL_ERROR']);
  });

  const answers = [['PostgreSQL', 'on'], ['1']].map((row) =>
    Buffer.concat([wire.dataRow(row), wire.complete('X'), wire.ready]),
  );
  /** Signs us in and answers both requests, with something between them and something behind. */
  const talkOn = (between: Buffer, behind: Buffer) =>
    rogues.probe(async (peer) => {
      await greet(peer);
      await trust(peer);
      await peer.receive();
      const [version = between, catalog = behind] = answers;
      await peer.send(Buffer.concat([version, between, catalog, behind]));
      await stayMute(peer);
    });
  const nothing = Buffer.alloc(0);
  test.each([
    ['readiness', wire.ready],
    ['a completion', wire.complete('X')],
    ['an empty statement', wire.message('I')],
    ['a description of rows', wire.message('T', wire.int16(0))],
    ['a row', wire.dataRow(['1'])],
  ])('with %s that nobody has asked for', async (_name, bytes) => {
    expect(outcome(await talkOn(nothing, bytes))).toEqual(['query', 'PROTOCOL_ERROR']);
  });
  test('with one readiness too many, between two answers', async () => {
    expect(outcome(await talkOn(wire.ready, nothing))).toEqual(['query', 'PROTOCOL_ERROR']);
  });
  test('but a notice, a parameter and a notification may come at any time', async () => {
    const chatter = Buffer.concat([
      wire.serverError('00000', 'x', 'N'),
      wire.message('S', 'TimeZone', 'UTC'),
      wire.message('A', 1, 'channel', ''),
    ]);
    expect((await talkOn(chatter, chatter)).failure).toBeNull();
  });

  test('with endless notices', async () => {
    const notice = wire.serverError('00000', 'x'.repeat(10_000), 'N');
    const report = await rogues.probe(async (peer) => {
      await greet(peer);
      await flood(peer, notice);
    });
    expect(outcome(report)).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
});

describe('a server that goes away or complains', () => {
  test('at once, or within a message: CONNECTION_LOST', async () => {
    const atOnce = await rogues.probe((peer) => Promise.resolve(peer.close()));
    expect(outcome(atOnce)).toEqual(['sign-in', 'CONNECTION_LOST']);
    const midMessage = await rogues.probe(async (peer) => {
      await scripts.greet(peer);
      await peer.send(wire.ask.ok.subarray(0, 6));
      await sleep(20);
      peer.close();
    });
    expect(outcome(midMessage)).toEqual(['sign-in', 'CONNECTION_LOST']);
  });

  test('with an error and then nothing, amid a request', async () => {
    const complain = (and: Script) =>
      rogues.probe(
        async (peer) => {
          await scripts.greet(peer);
          await scripts.trust(peer);
          await peer.receive();
          await peer.send(wire.serverError('57P01', 'shutting down'));
          await and(peer);
        },
        { waitMs: deadlineMs },
      );
    const gone = await complain((peer) => Promise.resolve(peer.close()));
    expect(outcome(gone)).toEqual(['query', 'SERVER_UNAVAILABLE']);
    expect(outcome(await complain(scripts.stayMute))).toEqual(['query', 'TIMEOUT']);
  });

  test('with 100 KB of text, of which nothing gets out', async () => {
    const text = `no such thing: ${password} ${'x'.repeat(100_000)}`;
    const report = await rogues.probe(async (peer) => {
      await scripts.greet(peer);
      await peer.send(wire.serverError('53200', text));
    });
    expect(outcome(report)).toEqual(['sign-in', 'SERVER_ERROR']);
    expect(JSON.stringify(report)).not.toContain('no such thing');
  });

  test('with a version of 100 KB, which is cut', async () => {
    const version = ['v'.repeat(100_000), 'on'];
    const report = await rogues.probe(fakePostgres({ version }));
    expect(report.failure).toBeNull();
    expect(report.serverVersion).toHaveLength(200);
  });

  test.each([
    ['28P01', 'AUTHENTICATION_FAILED'],
    ['28000', 'AUTHENTICATION_FAILED'],
    ['3D000', 'DATABASE_NOT_FOUND'],
    ['53300', 'TOO_MANY_CONNECTIONS'],
    ['57P03', 'SERVER_UNAVAILABLE'],
    ['42501', 'PERMISSION_DENIED'],
    ['EPIPE', 'SERVER_ERROR'],
    ['?', 'PROTOCOL_ERROR'],
  ])('with SQLSTATE %s: %s', async (sqlState, code) => {
    const report = await rogues.probe(async (peer) => {
      await scripts.greet(peer);
      await peer.send(wire.serverError(sqlState, 'x'));
    });
    expect(report.failure).toBe(code);
  });
});
