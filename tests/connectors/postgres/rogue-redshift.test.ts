import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { createPostgresConnector } from '../../../workers/connectors/postgres/connector.ts';
import { createRedshiftConnector } from '../../../workers/connectors/postgres/redshift/connector.ts';
import { canMakeCertificates, makeSelfSigned } from '../../support/certificates.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import * as wire from '../../support/servers/rogue-postgres.ts';
import { type RoguePeer, startRoguePostgres } from '../../support/servers/rogue-postgres.ts';
import { fakePostgres, flood, stayMute } from '../../support/servers/rogue-scripts.ts';
import { fakeRedshift } from '../../support/servers/fake-redshift.ts';
import { deadlineMs, outcome, password, type Script, usePostgresRogues } from './rogue-harness.ts';

const rogues = usePostgresRogues('REDSHIFT', createRedshiftConnector);
const never = new AbortController().signal;
const salt = Buffer.from('salt of sixteen!');
const nonce = Buffer.from('nonce of the server');

/** An integer and as many bytes as it says, or as it pretends. */
const counted = (bytes: Buffer, count = bytes.length): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(count);
  return Buffer.concat([header, bytes]);
};

const challenge = (...parts: Buffer[]): Buffer => wire.message('R', 13, 0, ...parts);
const honest = challenge(counted(salt), counted(nonce));
const sha256 = (...parts: (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Redshift's sign-in as its server does it: it keeps SHA256(password + salt) and nothing else. */
function digestServer(kept: Buffer): Script {
  return async (peer) => {
    await peer.send(honest);
    const answer = await peer.receive();
    if (!answer) return;
    const digest = answer.body.subarray(4, 36);
    const clientNonce = answer.body.subarray(40);
    const right = answer.type === 'd' && digest.equals(sha256(kept, nonce, clientNonce));
    const refusal = wire.serverError('28000', 'password authentication failed');
    if (!right) return peer.send(refusal);
    await peer.send(Buffer.concat([wire.ask.ok, wire.keyData, wire.ready]));
  };
}

describe('a password that Redshift keeps as SHA-256', () => {
  const kept = sha256(password, salt);

  test('is proved and never sent', async () => {
    const report = await rogues.probe(fakePostgres({ signIn: digestServer(kept) }));
    expect(outcome(report)).toEqual(['catalog', null]);
    expect(rogues.server.received.includes(password)).toBe(false);
    expect(rogues.server.received.includes(kept)).toBe(false);
  });
  test('is answered differently each time, so that no answer can be used again', async () => {
    const answers: string[] = [];
    for (let n = 0; n < 2; n += 1) {
      await rogues.probe(fakePostgres({ signIn: digestServer(kept) }));
      const at = rogues.server.received.indexOf(Buffer.from([0x64, 0, 0, 0]));
      answers.push(rogues.server.received.subarray(at, at + 58).toString('hex'));
    }
    expect(answers[0]).not.toBe(answers[1]);
  });
  test('is AUTHENTICATION_FAILED when it is another', async () => {
    const signIn = digestServer(sha256('another', salt));
    const report = await rogues.probe(fakePostgres({ signIn }));
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
  });
  test('is asked for by no PostgreSQL', async () => {
    const rogue = await startRoguePostgres(fakePostgres({ signIn: digestServer(kept) }));
    const fields = { host: '127.0.0.1', port: rogue.port, username: 'somebody' };
    const target = connectionTarget({ dialect: 'POSTGRES', ...fields }, password);
    const report = await createPostgresConnector().probe(target, never);
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
    expect(rogue.received.includes(nonce)).toBe(false);
    await rogue.close();
  });
  test('is not made up when nobody has given one', async () => {
    vi.stubEnv('PGPASSWORD', 'canary');
    const rogue = await startRoguePostgres(fakePostgres({ signIn: digestServer(kept) }));
    const fields = { host: '127.0.0.1', port: rogue.port, username: 'somebody' };
    const target = connectionTarget({ dialect: 'REDSHIFT', ...fields });
    const report = await createRedshiftConnector().probe(target, never);
    vi.unstubAllEnvs();
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
    // The startup packet is all that left; its database is the one that Redshift makes.
    expect(rogue.received.length).toBe(rogue.received.readInt32BE(0));
    expect(rogue.received.toString('latin1')).toContain('database\0dev\0');
    await rogue.close();
  });

  const unasked: [string, Buffer, string][] = [
    ['a salt of 4 GB', challenge(counted(salt, 0xffff_ffff), counted(nonce)), 'PROTOCOL_ERROR'],
    ['a nonce beyond the end', challenge(counted(salt), counted(nonce, 99)), 'PROTOCOL_ERROR'],
    ['no nonce', challenge(counted(salt), counted(Buffer.alloc(0))), 'PROTOCOL_ERROR'],
    ['no salt', challenge(counted(Buffer.alloc(0)), counted(nonce)), 'PROTOCOL_ERROR'],
    ['more behind it', challenge(counted(salt), counted(nonce), nonce), 'PROTOCOL_ERROR'],
    [
      'another algorithm',
      wire.message('R', 13, 1, counted(salt), counted(nonce)),
      'PROTOCOL_ERROR',
    ],
    ['a question stuffed behind', Buffer.concat([honest, wire.ask.md5]), 'PROTOCOL_ERROR'],
    ['half a question behind', Buffer.concat([honest, Buffer.from('R')]), 'PROTOCOL_ERROR'],
    ['a welcome at once', Buffer.concat([honest, wire.ask.ok]), 'PROTOCOL_ERROR'],
    ['a token of an identity provider', wire.message('R', 14), 'AUTHENTICATION_FAILED'],
  ];
  test.each(unasked)('gets no answer: %s', async (_what, question, failure) => {
    const report = await rogues.probe(async (peer) => {
      await peer.receive();
      await peer.send(question);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['sign-in', failure]);
    const sent = rogues.server.received;
    expect(sent.length).toBe(sent.readInt32BE(0));
  });
  test.each([
    ['the password itself', wire.ask.cleartext],
    ['its MD5', wire.ask.md5],
    ['the digest again', honest],
  ])('is not asked for twice: then %s', async (_what, downgrade) => {
    const report = await rogues.probe(async (peer) => {
      await peer.receive();
      await peer.send(honest);
      await peer.receive();
      await peer.send(downgrade);
      await stayMute(peer);
    });
    expect(outcome(report)).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('a drip of single bytes signs in as well', async () => {
    const signIn = async (peer: RoguePeer): Promise<void> => {
      const drip: RoguePeer = {
        async send(bytes) {
          for (const byte of bytes) {
            await peer.send(Buffer.from([byte]));
            await setImmediate();
          }
        },
        receive: () => peer.receive(),
        encrypt: (identity) => peer.encrypt(identity),
        close: () => peer.close(),
        closed: false,
      };
      await digestServer(kept)(drip);
    };
    expect(outcome(await rogues.probe(fakePostgres({ signIn })))).toEqual(['catalog', null]);
  });
});

describe('a wire that is PostgreSQL’s', () => {
  test('refuses TLS that is refused, and the password itself without TLS', async () => {
    const greedy = fakePostgres({ signIn: (peer) => peer.send(wire.ask.cleartext) });
    expect(outcome(await rogues.probe(greedy))).toEqual(['sign-in', 'TLS_REQUIRED']);
    const tls = { sslEnabled: true, host: 'localhost' };
    expect(outcome(await rogues.probe(greedy, { connection: tls }))).toEqual([
      'tls',
      'TLS_NOT_SUPPORTED',
    ]);
  });
  test.skipIf(!canMakeCertificates())('trusts no self-signed certificate (openssl)', async () => {
    const identity = makeSelfSigned({ names: 'DNS:localhost,IP:127.0.0.1' });
    const script = fakePostgres({ identity, signIn: digestServer(salt) });
    const report = await rogues.probe(script, {
      connection: { sslEnabled: true, host: 'localhost' },
    });
    expect(outcome(report)).toEqual(['tls', 'TLS_UNTRUSTED']);
  });
  test('bounds an error text of 200 KB', async () => {
    const text = wire.serverError('28000', 'x'.repeat(200_000));
    const report = await rogues.probe(fakePostgres({ signIn: (peer) => peer.send(text) }));
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
  });
});

// Each statement of a read, by what only it contains.
const statements = [
  'svv_table_info',
  'select current_database()\n',
  'create materialized view',
  'svv_mv_info',
  'late_binding',
  'limit 200',
  'pg_attribute a',
  'pg_constraint k',
  'svv_external_columns',
];
const at = (words: string, answer: Script): Script =>
  fakeRedshift({ tables: [['20000', 'public', 't', 'r', null]] }, async (peer, text) => {
    if (!`${text}\n`.includes(words)) return false;
    await answer(peer);
    return true;
  });

describe.each(statements)('a server that at "%s"', (words) => {
  test('says nothing is a TIMEOUT', async () => {
    expect(await rogues.read(at(words, stayMute), { waitMs: deadlineMs })).toBe('TIMEOUT');
  });
  test('never ends its rows is cut off', async () => {
    const row = wire.dataRow(['1', 'x'.repeat(64 * 1024), '3', '4', '5', '6', '7', '8', '9', '10']);
    expect(await rogues.read(at(words, (peer) => flood(peer, row)))).toMatch(
      /^(PROTOCOL_ERROR|LIMIT_EXCEEDED)$/,
    );
  });
  test('goes away in mid-message is CONNECTION_LOST', async () => {
    const cut: Script = async (peer) => {
      await peer.send(wire.header('D', 1_000));
      peer.close();
    };
    expect(await rogues.read(at(words, cut))).toBe('CONNECTION_LOST');
  });
  test('talks garbage is PROTOCOL_ERROR', async () => {
    const garbage: Script = (peer) => peer.send(Buffer.from('HTTP/1.1 302 Found\r\n\r\n'));
    expect(await rogues.read(at(words, garbage))).toBe('PROTOCOL_ERROR');
  });
});

describe('a catalog', () => {
  test('whose oids do not grow ends', async () => {
    const row = ['20000', 'public', 't', 'r', null];
    expect(await rogues.read(fakeRedshift({ tables: [row, row] }))).toBe('PROTOCOL_ERROR');
    const again = fakeRedshift({}, async (peer, text) => {
      if (!text.includes('limit 200')) return false;
      await peer.send(Buffer.concat([wire.dataRow(row), wire.complete('SELECT'), wire.ready]));
      return true;
    });
    expect(await rogues.read(again)).toBe('PROTOCOL_ERROR');
  });
  test('of more parts or tables than allowed is LIMIT_EXCEEDED', async () => {
    const tables = [1, 2, 3].map((oid) => [`${oid}`, 'public', `t${oid}`, 'r', null]);
    const columns = [1, 2, 3].map((n) => ['1', `${n}`, `c${n}`, 'integer', 'f', null, null]);
    const script = fakeRedshift({ tables, columns });
    for (const limits of [{ maxTables: 2 }, { maxColumns: 2 }, { maxPartsPerTable: 2 }]) {
      expect(await rogues.read(script, { limits })).toBe('LIMIT_EXCEEDED');
    }
  });
  test('of hostile names is data', async () => {
    const names = ['x'.repeat(5_000), '\u0001\u001b[31m\r\n', '__proto__', `'; drop table x; --`];
    const tables = names.map((name, n) => [`${n + 1}`, '__proto__', name, 'r', null]);
    const read = await rogues.read(fakeRedshift({ tables }));
    expect(Array.isArray(read) && read.map(({ name }) => name)).toEqual(names);
  });
  test('knows the definition of identities and materialized views, and hides their storage', async () => {
    const script = fakeRedshift({
      estimates: [['2', '321']],
      materialized: [['dev', 'public', 'daily']],
      tables: [
        ['1', 'public', 'mv_tbl__daily__0', 'r', null],
        ['2', 'public', 'daily', 'v', null],
      ],
      columns: [
        ['2', '1', 'a', 'bigint', 't', `"identity"(100101, 0, '1,1'::text)`, null],
        ['2', '2', 'b', 'bigint', 't', `"default_identity"(100101, 0, '1,1'::text)`, null],
        ['2', '3', 'c', 'bigint', 'f', `identity_of(1)`, null],
      ],
    });
    const read = await rogues.read(script);
    expect(read).toMatchObject([
      {
        name: 'daily',
        kind: 'materialized view',
        rowEstimate: 321,
        columns: [
          { identity: 'always', default: null },
          { identity: 'by default', default: null },
          { identity: null, default: 'identity_of(1)' },
        ],
      },
    ]);
  });
  test('keys that point at columns which are not there are PROTOCOL_ERROR', async () => {
    const tables = [['1', 'public', 't', 'r', null]];
    const constraints = [['1', 'key', 'p', '{7}', null, null, null, null, null, '9']];
    expect(await rogues.read(fakeRedshift({ tables, constraints }))).toBe('PROTOCOL_ERROR');
  });
});
