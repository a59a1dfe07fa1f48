import { createHmac, pbkdf2Sync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../shared/connection.ts';
import { canMakeCertificates, makeAuthority, makeSelfSigned } from '../../support/certificates.ts';
import * as wire from '../../support/servers/rogue-postgres.ts';
import type { RoguePeer } from '../../support/servers/rogue-postgres.ts';
import * as scripts from '../../support/servers/rogue-scripts.ts';
import { fakePostgres, type FakeServer } from '../../support/servers/rogue-scripts.ts';
import { outcome, password, type Script, usePostgresRogues } from './rogue-harness.ts';

const rogues = usePostgresRogues();

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
        peer.close();
      },
    });

  async function refusal(script: Script, more: Partial<Connection> = {}) {
    const report = await rogues.probe(script, { connection: { ...tls, ...more } });
    expect(rogues.server.received.includes(password)).toBe(false);
    expect(rogues.server.received.includes(startup)).toBe(false);
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
      expect(await refusal(script, trusting)).toEqual(['tls', 'TLS_UNTRUSTED']);
    });
    test('of an authority that nobody named', async () => {
      expect(await refusal(greedy(authority?.sign(local)))).toEqual(['tls', 'TLS_UNTRUSTED']);
    });
    test('for another name', async () => {
      const other = authority?.sign({ names: 'DNS:other.example' });
      expect(await refusal(greedy(other), trusting)).toEqual(['tls', 'TLS_NAME_MISMATCH']);
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
      const report = await rogues.probe(greedy(authority?.sign(local)), {
        connection: { ...tls, ...trusting },
      });
      expect(outcome(report)).toEqual(['sign-in', 'CONNECTION_LOST']);
      expect(rogues.server.received.includes(password)).toBe(true);
    });
  });
});

test('a name with a zero in it, which would begin another field, is not said', async () => {
  const report = await rogues.probe(scripts.greet, {
    connection: { username: 'somebody\0options\0-c search_path=x' },
  });
  expect(outcome(report)).toEqual(['sign-in', 'INTERNAL_ERROR']);
  expect(rogues.server.received.length).toBe(0);
});

describe('a server that asks for the wrong proof gets none', () => {
  const signIn = (...messages: Buffer[]) =>
    rogues.probe(async (peer) => {
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
    }
  });
  test('two million rounds of key derivation', async () => {
    const expensive = scramServer((first) => ({ ...first, iterations: 2_000_000 }));
    expect(outcome(await rogues.probe(expensive))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('a nonce that is not ours', async () => {
    const foreign = scramServer((first) => ({ ...first, nonce: 'another' }));
    expect(outcome(await rogues.probe(foreign))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test.each([
    ['nothing of a first message', () => 'error'],
    ['our own nonce alone', (nonce: string) => `r=${nonce},s=c2FsdA==,i=4096`],
    ['no salt', (nonce: string) => `r=${nonce}more,s=,i=4096`],
    ['a salt that is none', (nonce: string) => `r=${nonce}more,s=!!!!,i=4096`],
    ['no rounds', (nonce: string) => `r=${nonce}more,s=c2FsdA==,i=0`],
    ['an extension that has to be known', (nonce: string) => `m=x,r=${nonce}more,s=c2FsdA==,i=1`],
  ])('SCRAM with %s', async (_, first) => {
    expect(outcome(await rogues.probe(scramOf(first)))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('SCRAM, and more while our answer is made', async () => {
    const parameter = wire.message('S', Buffer.from('a\0b\0'));
    const hasty = scramOf((nonce) => `r=${nonce}more,s=c2FsdA==,i=90000`, parameter);
    expect(outcome(await rogues.probe(hasty))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('SCRAM, and an end of its own while our answer is made', async () => {
    const end = wire.serverError('57P01', 'terminating connection');
    const leaving = scramOf((nonce) => `r=${nonce}more,s=c2FsdA==,i=90000`, end);
    expect(outcome(await rogues.probe(leaving))).toEqual(['sign-in', 'SERVER_UNAVAILABLE']);
  });
  test('methods that we do not know', async () => {
    const unknown = wire.message('R', 10, Buffer.from('OAUTHBEARER\0SCRAM-SHA-1\0\0'));
    expect(outcome(await signIn(unknown))).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
  });
  test('SCRAM without knowing the password', async () => {
    const impostor = scramServer((first) => first, 'not the password');
    expect(outcome(await rogues.probe(impostor))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('SCRAM without its end, where the server would have to prove itself', async () => {
    const impatient = scramServer((first) => first, null);
    expect(outcome(await rogues.probe(impatient))).toEqual(['sign-in', 'PROTOCOL_ERROR']);
  });
  test('and the right SCRAM succeeds, so that the tests above mean something', async () => {
    const honest = scramServer((first) => first, password);
    expect(outcome(await rogues.probe(honest))).toEqual(['catalog', null]);
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

/** A server that says `first` to our nonce, and then something else. */
function scramOf(first: (nonce: string) => string, then?: Buffer): Script {
  return fakePostgres({
    signIn: async (peer) => {
      await peer.send(wire.ask.scram);
      const initial = (await peer.receive())?.body.toString('latin1') ?? '';
      const message = first(/r=([^,]+)$/.exec(initial)?.[1] ?? '');
      await peer.send(wire.message('R', 11, Buffer.from(message)));
      if (then) await peer.send(then);
      await scripts.stayMute(peer);
    },
  });
}

interface ScramFirst {
  readonly nonce: string;
  readonly iterations: number;
}

/** A server that speaks SCRAM-SHA-256 (RFC 5802), knowing `secret`; null: it skips its last word. */
function scramServer(
  change: (first: ScramFirst) => ScramFirst,
  secret: string | null = password,
): Script {
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
