import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../shared/connection.ts';
import { canMakeCertificates, makeAuthority, makeSelfSigned } from '../../support/certificates.ts';
import * as wire from '../../support/servers/rogue-mysql.ts';
import type { RoguePeer } from '../../support/servers/rogue-mysql.ts';
import { outcome, password, useMysqlRogues } from './mysql-rogue-harness.ts';
import { fakeMysql, type FakeServer, type Script, stayMute } from './mysql-rogues.ts';

const rogues = useMysqlRogues();

/** Asks for another method and, when the client answers, says OK. */
const switchTo =
  (plugin: string, data?: string): NonNullable<FakeServer['signIn']> =>
  async (peer, sequence) => {
    await peer.send(wire.authSwitch(sequence + 1, plugin, data));
    const answer = await peer.receive();
    if (answer) await peer.send(wire.ok(answer.sequence + 1));
  };

/** Wants caching_sha2_password, and then the whole password rather than a proof of it. */
const wantAll: NonNullable<FakeServer['signIn']> = async (peer, sequence) => {
  await peer.send(wire.authSwitch(sequence + 1, 'caching_sha2_password'));
  const proof = await peer.receive();
  await peer.send(wire.packet((proof?.sequence ?? 0) + 1, 1, 4));
  const answer = await peer.receive();
  if (answer) await peer.send(wire.ok(answer.sequence + 1));
};

const sha1 = (...parts: (Buffer | string)[]): Buffer =>
  parts
    .reduce<ReturnType<typeof createHash>>((hash, part) => hash.update(part), createHash('sha1'))
    .digest();

describe('without TLS', () => {
  test('the proof of mysql_native_password is all that leaves', async () => {
    expect((await rogues.probe(fakeMysql())).failure).toBeNull();
    const hash = sha1(password);
    const mask = sha1(wire.scramble, sha1(hash));
    const proof = Buffer.from(hash.map((byte, n) => byte ^ (mask[n] ?? 0)));
    expect(rogues.server.received.includes(proof)).toBe(true);
  });

  test('caching_sha2_password proves that the password is known', async () => {
    const quick: FakeServer = {
      greeting: { plugin: 'caching_sha2_password' },
      signIn: async (peer, sequence) => {
        await peer.send(wire.packet(sequence + 1, 1, 3));
        await peer.send(wire.ok(sequence + 2));
      },
    };
    expect((await rogues.probe(fakeMysql(quick))).failure).toBeNull();
  });

  const revealing: [string, FakeServer][] = [
    ['mysql_clear_password', { signIn: switchTo('mysql_clear_password') }],
    ['sha256_password', { signIn: switchTo('sha256_password') }],
    ['all of caching_sha2_password', { signIn: wantAll }],
    [
      'all of caching_sha2_password, at once',
      {
        greeting: { plugin: 'caching_sha2_password' },
        signIn: async (peer, sequence) => {
          await peer.send(wire.packet(sequence + 1, 1, 4));
          await stayMute(peer);
        },
      },
    ],
  ];
  test.each(revealing)('%s is TLS_REQUIRED, and no key is asked for', async (_name, server) => {
    const report = await rogues.probe(fakeMysql(server));
    expect(outcome(report)).toEqual(['sign-in', 'TLS_REQUIRED']);
    // "Send me your public key", of caching_sha2_password and of sha256_password.
    expect(rogues.server.received.subarray(-5)).not.toEqual(wire.packet(5, 2));
    expect(rogues.server.received.subarray(-5)).not.toEqual(wire.packet(3, 1));
  });

  test.each([
    ['mysql_old_password', switchTo('mysql_old_password')],
    ['dialog', switchTo('dialog')],
    ['__proto__', switchTo('__proto__')],
    ['authentication_oci_client', switchTo('authentication_oci_client')],
    [
      'the method of MySQL 3.23',
      (peer: RoguePeer, sequence: number) => peer.send(wire.packet(sequence + 1, 0xfe)),
    ],
    [
      'a second factor',
      (peer: RoguePeer, sequence: number) =>
        peer.send(wire.packet(sequence + 1, 2, 'mysql_clear_password\0', 'x')),
    ],
  ])('%s is AUTHENTICATION_FAILED', async (_name, signIn) => {
    const report = await rogues.probe(fakeMysql({ signIn }));
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
  });

  test.each(['mysql_clear_password', 'sha256_password', 'dialog', '__proto__', 'toString'])(
    'a greeting with %s gets no more than a proof',
    async (plugin) => {
      await rogues.probe(fakeMysql({ greeting: { plugin } }));
      expect(rogues.server.received.includes(password)).toBe(false);
    },
  );

  test('PLANETSCALE is not even greeted', async () => {
    const report = await rogues.probe(fakeMysql(), { connection: { dialect: 'PLANETSCALE' } });
    expect(outcome(report)).toEqual(['tls', 'TLS_REQUIRED']);
    expect(rogues.server.received).toHaveLength(0);
  });
});

describe('nothing leaves before the server has proved who it is', () => {
  const tls = { sslEnabled: true, host: 'localhost' };
  const greedy = (identity?: FakeServer['identity']) =>
    fakeMysql({ ...(identity ? { identity } : {}), signIn: switchTo('mysql_clear_password') });

  async function refusal(script: Script, more: Partial<Connection> = {}) {
    const report = await rogues.probe(script, { connection: { ...tls, ...more } });
    expect(rogues.server.received.includes(password)).toBe(false);
    expect(rogues.server.received.includes('somebody')).toBe(false);
    return outcome(report);
  }

  test('TLS that is not offered', async () => {
    expect(await refusal(greedy())).toEqual(['tls', 'TLS_NOT_SUPPORTED']);
    expect(rogues.server.received).toHaveLength(0);
  });
  test('TLS that is offered and not done', async () => {
    const plain: Script = async (peer) => {
      await peer.send(wire.greeting({ tls: true }));
      await peer.receive();
      await peer.send(wire.authSwitch(2, 'mysql_clear_password'));
      await stayMute(peer);
    };
    expect(await refusal(plain)).toEqual(['tls', 'TLS_NOT_SUPPORTED']);
  });

  describe.skipIf(!canMakeCertificates())('(needs the openssl command)', () => {
    const authority = canMakeCertificates() ? makeAuthority() : undefined;
    const trusting = { sslCaCertificate: authority?.cert ?? null };
    const local = { names: 'DNS:localhost,IP:127.0.0.1' };

    test('a self-signed certificate', async () => {
      expect(await refusal(greedy(makeSelfSigned(local)), trusting)).toEqual([
        'tls',
        'TLS_UNTRUSTED',
      ]);
    });
    test('an unknown authority', async () => {
      expect(await refusal(greedy(authority?.sign(local)))).toEqual(['tls', 'TLS_UNTRUSTED']);
    });
    test('a certificate for another name, or for the name of an address', async () => {
      const other = authority?.sign({ names: 'DNS:other.test' });
      expect(await refusal(greedy(other), trusting)).toEqual(['tls', 'TLS_NAME_MISMATCH']);
      // The driver by itself would check an address against "localhost".
      const byName = authority?.sign({ names: 'DNS:localhost' });
      expect(await refusal(greedy(byName), { ...trusting, host: '127.0.0.1' })).toEqual([
        'tls',
        'TLS_NAME_MISMATCH',
      ]);
    });
    test('an expired certificate', async () => {
      const expired = authority?.sign({ ...local, days: -1 });
      expect(await refusal(greedy(expired), trusting)).toEqual(['tls', 'TLS_EXPIRED']);
    });

    test.each([
      ['mysql_clear_password', switchTo('mysql_clear_password')],
      ['sha256_password', switchTo('sha256_password')],
      ['all of caching_sha2_password', wantAll],
    ])('then even %s is answered', async (_name, signIn) => {
      const identity = authority?.sign(local);
      const server = fakeMysql({ ...(identity ? { identity } : {}), signIn });
      const report = await rogues.probe(server, { connection: { ...tls, ...trusting } });
      expect(report.failure).toBeNull();
      expect(rogues.server.received.includes(`${password}\0`)).toBe(true);
    });

    test('and PLANETSCALE is read', async () => {
      const identity = authority?.sign(local);
      const server = fakeMysql(identity ? { identity } : {});
      const report = await rogues.probe(server, {
        connection: { ...tls, ...trusting, dialect: 'PLANETSCALE' },
      });
      expect(report.failure).toBeNull();
      expect(report.steps.map(({ step }) => step)).toContain('tls');
    });
  });
});
