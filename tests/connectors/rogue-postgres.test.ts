import { createHmac, pbkdf2Sync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, inject, test } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import type { Connection } from '../../shared/connection.ts';
import { ConnectionFailure, type ProbeReport } from '../../workers/connectors/connector.ts';
import { createPostgresConnector, postgres } from '../../workers/connectors/postgres/connector.ts';
import {
  defaultCatalogLimits,
  defaultDeadlines,
  defaultWireLimits,
} from '../../workers/connectors/postgres/limits.ts';
import { canMakeCertificates, makeAuthority, makeSelfSigned } from '../support/certificates.ts';
import { connectionTarget } from '../support/connection-target.ts';
import * as wire from '../support/rogue-postgres.ts';
import { type RoguePeer, type RogueServer, startRoguePostgres } from '../support/rogue-postgres.ts';
import * as scripts from '../support/rogue-scripts.ts';
import { fakePostgres, type FakeServer } from '../support/rogue-scripts.ts';

const password = 'canary-5f2d8c-password';
// Each wait short, so that the whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 400;
const deadlines = {
  ...defaultDeadlines,
  ...{ resolveMs: deadlineMs, connectMs: deadlineMs, tlsMs: deadlineMs, signInMs: deadlineMs },
  ...{ probeStatementMs: deadlineMs, closeMs: 200 },
};
const limits = { ...defaultWireLimits, ...defaultCatalogLimits };
const connector = createPostgresConnector({ deadlines });

let rogue: RogueServer | undefined;

afterEach(async () => {
  // A password in the clear is never right, whatever else a test is about.
  expect(rogue?.receivedInClear.includes(password) ?? false).toBe(false);
  await rogue?.close();
  rogue = undefined;
  expect((await probeHealthy()).failure).toBeNull();
});

function probeHealthy(): Promise<ProbeReport> {
  const { hostname, port, username, password: own } = new URL(inject('postgresUrl'));
  const target = connectionTarget(
    { dialect: 'POSTGRES', host: hostname, port: Number(port), username, databaseName: 'postgres' },
    decodeURIComponent(own),
  );
  return postgres.probe(target, new AbortController().signal);
}

function targetOf(server: RogueServer, connection: Partial<Connection> = {}) {
  const fields = { host: '127.0.0.1', port: server.port, username: 'somebody' };
  return connectionTarget({ dialect: 'POSTGRES', ...fields, ...connection }, password);
}

/** Probes a rogue, within its deadlines and a bounded memory. */
async function probeRogue(
  script: (peer: RoguePeer) => Promise<void>,
  connection: Partial<Connection> = {},
): Promise<ProbeReport> {
  rogue = await startRoguePostgres(script);
  const target = targetOf(rogue, connection);
  return bounded(() => connector.probe(target, new AbortController().signal));
}

/** Reads the catalog of a rogue: its tables, or the code it failed with. */
async function readRogue(
  script: (peer: RoguePeer) => Promise<void>,
  overrides: Partial<typeof limits> = {},
  // Long enough for the limits to be reached first, on a busy machine too.
  readStatementMs = 5_000,
): Promise<CatalogTable[] | string> {
  rogue = await startRoguePostgres(script);
  const target = targetOf(rogue);
  const limited = createPostgresConnector({
    deadlines: { ...deadlines, readStatementMs },
    limits: { ...limits, ...overrides },
  });
  return bounded(async () => {
    try {
      const tables = limited.readCatalog(target, new AbortController().signal);
      return await Array.fromAsync(tables);
    } catch (error) {
      expect(error).toBeInstanceOf(ConnectionFailure);
      return error instanceof ConnectionFailure ? error.code : 'UNKNOWN';
    }
  });
}

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 10);
  try {
    return await work();
  } finally {
    clearInterval(sampler);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(peakBytes).toBeLessThan(512 * 1024 * 1024);
  }
}

function outcome({ failure, steps }: ProbeReport): [string | undefined, string | null] {
  return [steps.at(-1)?.step, failure];
}

describe('a server that keeps silent ends as TIMEOUT', () => {
  const { stayMute, greet, trust } = scripts;
  test('after the connection', async () => {
    expect(outcome(await probeRogue(stayMute))).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('when asked for TLS', async () => {
    expect(outcome(await probeRogue(stayMute, { sslEnabled: true }))).toEqual(['tls', 'TIMEOUT']);
  });
  test('in the handshake', async () => {
    const report = await probeRogue(
      async (peer) => {
        await peer.receive();
        await peer.send(Buffer.from('S'));
        await stayMute(peer);
      },
      { sslEnabled: true },
    );
    expect(outcome(report)).toEqual(['tls', 'TIMEOUT']);
  });
  test('in the middle of SCRAM', async () => {
    const report = await probeRogue(async (peer) => {
      await greet(peer);
      await peer.send(wire.ask.scram);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('at the first statement', async () => {
    const report = await probeRogue(async (peer) => {
      await greet(peer);
      await trust(peer);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['query', 'TIMEOUT']);
  });
  test('dripping a message byte by byte', async () => {
    const report = await probeRogue(async (peer) => {
      await greet(peer);
      await peer.send(wire.header('N', 10_000));
      while (!peer.closed) {
        await peer.send(Buffer.from('x'));
        await sleep(10);
      }
    });
    expect(outcome(report)).toEqual(['sign-in', 'TIMEOUT']);
  });
  test('in the middle of a read, and is asked to cancel', async () => {
    const server: FakeServer = {
      onQuery: async (peer, text) => {
        if (text.includes('from basekeep_')) await stayMute(peer);
        return false;
      },
    };
    expect(await readRogue(fakePostgres(server), {}, deadlineMs)).toBe('TIMEOUT');
    const cancel = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 18, 103, 0, 0, 3, 47]);
    expect(rogue?.received.includes(cancel)).toBe(true);
  });
});

describe('no password leaves before the server has proved who it is', () => {
  const tls = { sslEnabled: true, host: 'localhost' };
  const startup = Buffer.from('somebody');
  // One script for every identity: take the TLS, then ask for the password as readable as can be.
  const greedy = (identity: FakeServer['identity']) =>
    fakePostgres({
      ...(identity ? { identity } : {}),
      signIn: async (peer) => {
        await peer.send(wire.ask.cleartext);
        await peer.receive();
      },
    });

  async function refusal(
    script: (peer: RoguePeer) => Promise<void>,
    more: Partial<Connection> = {},
  ) {
    const report = await probeRogue(script, { ...tls, ...more });
    expect(rogue?.received.includes(password)).toBe(false);
    expect(rogue?.received.includes(startup)).toBe(false);
    return outcome(report);
  }

  test('TLS refused', async () => {
    expect(await refusal(greedy(undefined))).toEqual(['tls', 'TLS_NOT_SUPPORTED']);
  });
  test('bytes stuffed behind the answer to the TLS request', async () => {
    const stuffing = async (peer: RoguePeer): Promise<void> => {
      await peer.receive();
      await peer.send(Buffer.concat([Buffer.from('S'), wire.ask.cleartext]));
      await scripts.stayMute(peer);
    };
    expect(await refusal(stuffing)).toEqual(['tls', 'PROTOCOL_ERROR']);
  });
  test('something that is no PostgreSQL', async () => {
    const http = async (peer: RoguePeer): Promise<void> => {
      await peer.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await scripts.stayMute(peer);
    };
    expect(await refusal(http)).toEqual(['tls', 'PROTOCOL_ERROR']);
  });

  describe.skipIf(!canMakeCertificates())('(needs the openssl command)', () => {
    const authority = canMakeCertificates() ? makeAuthority() : undefined;
    const trusting = { sslCaCertificate: authority?.cert ?? null };
    const local = { names: 'DNS:localhost,IP:127.0.0.1' };

    test('self-signed', async () => {
      const script = greedy(makeSelfSigned(local));
      expect(await refusal(script)).toEqual(['tls', 'TLS_UNTRUSTED']);
      await rogue?.close();
      expect(await refusal(script, trusting)).toEqual(['tls', 'TLS_UNTRUSTED']);
    });
    test('of an authority that nobody named', async () => {
      expect(await refusal(greedy(authority?.sign(local)))).toEqual(['tls', 'TLS_UNTRUSTED']);
    });
    test('for another name', async () => {
      const other = authority?.sign({ names: 'DNS:other.example' });
      expect(await refusal(greedy(other), trusting)).toEqual(['tls', 'TLS_NAME_MISMATCH']);
      await rogue?.close();
      const ip = { ...trusting, host: '127.0.0.1' };
      expect(await refusal(greedy(other), ip)).toEqual(['tls', 'TLS_NAME_MISMATCH']);
    });
    test('expired', async () => {
      const expired = authority?.sign({ ...local, days: -1 });
      expect(await refusal(greedy(expired), trusting)).toEqual(['tls', 'TLS_EXPIRED']);
    });
    test('no certificate, cut off in the handshake', async () => {
      const cut = async (peer: RoguePeer): Promise<void> => {
        await peer.receive();
        await peer.send(Buffer.from('S'));
        await sleep(20);
        peer.close();
      };
      expect(await refusal(cut)).toEqual(['tls', 'TLS_FAILED']);
    });
    test('and does leave once it has', async () => {
      const report = await probeRogue(greedy(authority?.sign(local)), { ...tls, ...trusting });
      expect(outcome(report)).toEqual(['sign-in', 'TIMEOUT']);
      expect(rogue?.received.includes(password)).toBe(true);
    });
  });
});

describe('a server that asks for the wrong proof gets none', () => {
  const signIn = (...messages: Buffer[]) =>
    probeRogue(async (peer) => {
      await scripts.greet(peer);
      for (const message of messages) {
        await peer.send(message);
        await peer.receive();
      }
    });

  test('the password itself, without TLS', async () => {
    expect(outcome(await signIn(wire.ask.cleartext))).toEqual(['sign-in', 'TLS_REQUIRED']);
  });
  test('the password itself, or its MD5, after SCRAM', async () => {
    for (const downgrade of [wire.ask.cleartext, wire.ask.md5]) {
      expect(outcome(await signIn(wire.ask.scram, downgrade))).toEqual([
        'sign-in',
        'PROTOCOL_ERROR',
      ]);
      await rogue?.close();
    }
  });
  test('two million rounds of key derivation', async () => {
    const expensive = scramServer((first) => ({ ...first, iterations: 2_000_000 }));
    expect(outcome(await probeRogue(expensive))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('a nonce that is not ours', async () => {
    const foreign = scramServer((first) => ({ ...first, nonce: 'another' }));
    expect(outcome(await probeRogue(foreign))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('SCRAM without knowing the password', async () => {
    const impostor = scramServer((first) => first, 'not the password');
    expect(outcome(await probeRogue(impostor))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('SCRAM without its end, where the server would have to prove itself', async () => {
    const impatient = scramServer((first) => first, null);
    expect(outcome(await probeRogue(impatient))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('and the right SCRAM succeeds, so that the tests above mean something', async () => {
    const honest = scramServer((first) => first, password);
    expect(outcome(await probeRogue(honest))).toEqual(['catalog', null]);
  });
  test('Kerberos', async () => {
    const report = await signIn(wire.message('R', 7));
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
  });
  test('a pg_hba.conf that wants TLS', async () => {
    const text = 'no pg_hba.conf entry for host "10.0.0.1", user "u", database "d", no encryption';
    const report = await signIn(wire.serverError('28000', text));
    expect(outcome(report)).toEqual(['sign-in', 'TLS_REQUIRED']);
  });
  test('Supabase saying that it does not know the project', async () => {
    const report = await signIn(wire.serverError('XX000', 'Tenant or user not found'));
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
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
    ['an error without an end, which makes pg-protocol loop for ever', unterminated],
    ['a parameter without an end', Buffer.concat([wire.header('S', 8), Buffer.from('abcd')])],
    ['readiness without a sign-in', wire.ready],
    ['rows before the sign-in', wire.dataRow(['1'])],
    ['an authentication of two bytes', Buffer.concat([wire.header('R', 6), Buffer.from('ab')])],
  ];
  test.each(brokenBeforeSignIn)('with %s', async (_name, bytes) => {
    const report = await probeRogue(async (peer) => {
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
    const report = await probeRogue(async (peer) => {
      await greet(peer);
      await trust(peer);
      await peer.receive();
      await peer.send(bytes);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['query', 'PROTOCOL_ERROR']);
  });

  test('with endless notices', async () => {
    const notice = wire.serverError('00000', 'x'.repeat(10_000), 'N');
    const report = await probeRogue(async (peer) => {
      await greet(peer);
      await flood(peer, notice);
    });
    expect(outcome(report)).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
});

describe('a server that goes away or complains', () => {
  test('at once, or within a message: CONNECTION_LOST', async () => {
    const atOnce = await probeRogue((peer) => Promise.resolve(peer.close()));
    expect(outcome(atOnce)).toEqual(['sign-in', 'CONNECTION_LOST']);
    await rogue?.close();
    const midMessage = await probeRogue(async (peer) => {
      await scripts.greet(peer);
      await peer.send(wire.ask.ok.subarray(0, 6));
      await sleep(20);
      peer.close();
    });
    expect(outcome(midMessage)).toEqual(['sign-in', 'CONNECTION_LOST']);
  });

  test('with 100 KB of text, of which nothing gets out', async () => {
    const text = `no such thing: ${password} ${'x'.repeat(100_000)}`;
    const report = await probeRogue(async (peer) => {
      await scripts.greet(peer);
      await peer.send(wire.serverError('53200', text));
    });
    expect(outcome(report)).toEqual(['sign-in', 'SERVER_ERROR']);
    expect(JSON.stringify(report)).not.toContain('no such thing');
  });

  test('with a version of 100 KB, which is cut', async () => {
    const version = ['v'.repeat(100_000), 'on'];
    const report = await probeRogue(fakePostgres({ version }));
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
    const report = await probeRogue(async (peer) => {
      await scripts.greet(peer);
      await peer.send(wire.serverError(sqlState, 'x'));
    });
    expect(report.failure).toBe(code);
  });
});

describe('a catalog without measure', () => {
  const { flood, tableRow, columnRow } = scripts;
  const onFetch = (cursor: string, answer: (peer: RoguePeer) => Promise<void>): FakeServer => ({
    cursors: { tables: [tableRow(20_000)] },
    onQuery: async (peer, text) => {
      if (!text.endsWith(`from basekeep_${cursor}`)) return false;
      await answer(peer);
      return true;
    },
  });
  const page = (rows: (string | null)[][]) => (peer: RoguePeer) =>
    peer.send(Buffer.concat([...rows.map(wire.dataRow), wire.complete('FETCH'), wire.ready]));

  test('endless rows in one answer are cut off', async () => {
    const rows = Buffer.concat(Array.from({ length: 1_000 }, () => wire.dataRow(tableRow(20_000))));
    const endless = onFetch('tables', (peer) => flood(peer, rows));
    expect(await readRogue(fakePostgres(endless))).toBe('PROTOCOL_ERROR');
  });
  test('a row of 15 MB after the other is LIMIT_EXCEEDED', async () => {
    const row = wire.dataRow([...tableRow(20_000).slice(0, 5), 'x'.repeat(15 * 1024 * 1024)]);
    const heavy = onFetch('tables', (peer) => flood(peer, row));
    expect(await readRogue(fakePostgres(heavy))).toBe('LIMIT_EXCEEDED');
  });
  test('a row of 1 GB is LIMIT_EXCEEDED before it has come', async () => {
    const huge = onFetch('tables', (peer) => peer.send(wire.header('D', 2 ** 30)));
    expect(await readRogue(fakePostgres(huge))).toBe('LIMIT_EXCEEDED');
  });
  test('endless tables are LIMIT_EXCEEDED', async () => {
    let oid = 20_000;
    const endless = onFetch('tables', (peer) =>
      page(Array.from({ length: 100 }, () => tableRow((oid += 1))))(peer),
    );
    expect(await readRogue(fakePostgres(endless), { maxTables: 1_000 })).toBe('LIMIT_EXCEEDED');
  });
  test('endless columns of one table are LIMIT_EXCEEDED', async () => {
    let position = 0;
    const endless = onFetch('columns', (peer) =>
      page(Array.from({ length: 500 }, () => columnRow(20_000, (position += 1))))(peer),
    );
    expect(await readRogue(fakePostgres(endless))).toBe('LIMIT_EXCEEDED');
  });
  test('a table of endless bytes is LIMIT_EXCEEDED', async () => {
    const comment = 'x'.repeat(1024 * 1024);
    const endless = onFetch('comments', page([['20000', '1', comment]]));
    expect(await readRogue(fakePostgres(endless), { maxTableBytes: 10 * 1024 * 1024 })).toBe(
      'LIMIT_EXCEEDED',
    );
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
    expect(await readRogue(fakePostgres({ cursors: complete }))).toBe('PROTOCOL_ERROR');
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
    const read = await readRogue(fakePostgres({ cursors: { tables, columns, constraints: keys } }));
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
    expect(rogue?.received.includes('drop table')).toBe(false);
  });
});

interface ScramFirst {
  readonly nonce: string;
  readonly iterations: number;
}

/** A server that speaks SCRAM-SHA-256 (RFC 5802), knowing `secret`; null: it skips its last word. */
function scramServer(
  change: (first: ScramFirst) => ScramFirst,
  secret: string | null = password,
): (peer: RoguePeer) => Promise<void> {
  return fakePostgres({
    signIn: async (peer) => {
      await peer.send(wire.ask.scram);
      const initial = (await peer.receive())?.body.toString('latin1') ?? '';
      const clientNonce = /r=([^,]+)$/.exec(initial)?.[1] ?? '';
      const salt = Buffer.from('a salt of 16 byt');
      const { nonce, iterations } = change({ nonce: `${clientNonce}server`, iterations: 4_096 });
      const first = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
      await peer.send(wire.message('R', 11, Buffer.from(first)));
      const final = (await peer.receive())?.body.toString('latin1') ?? '';
      if (secret !== null) {
        const withoutProof = final.replace(/,p=.*$/, '');
        const auth = `n=*,r=${clientNonce},${first},${withoutProof}`;
        const salted = pbkdf2Sync(secret, salt, iterations, 32, 'sha256');
        const serverKey = createHmac('sha256', salted).update('Server Key').digest();
        const signature = createHmac('sha256', serverKey).update(auth).digest('base64');
        await peer.send(wire.message('R', 12, Buffer.from(`v=${signature}`)));
      }
      await scripts.trust(peer);
    },
  });
}
