import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { forgetAmbientCredentials } from '../../../shared/env.ts';
import { loadDriver } from '../../../workers/connectors/load-driver.ts';
import { createOracleConnector } from '../../../workers/connectors/oracle/connector.ts';
import { createEgressPolicy } from '../../../workers/egress/policy.ts';
import type { OracleOptions } from '../../stand-ins/oracle/options.ts';
import { startOracle } from '../../stand-ins/oracle/server.ts';
import { startCanary } from '../../support/canary.ts';
import { canMakeCertificates, makeAuthority, makeSelfSigned } from '../../support/certificates.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { newState, password } from './oracle-under-test.ts';
import { at, outcome, useOracleRogues } from './rogue-harness.ts';

const rogues = useOracleRogues();
const never = new AbortController().signal;
const connector = createOracleConnector();
const given = { dialect: 'ORACLE', host: '127.0.0.1', username: 'reader' } as const;

describe('without TLS', () => {
  test('the password is sent, but only under a key that it takes to derive', async () => {
    expect((await rogues.probe({})).failure).toBeNull();
    expect(rogues.server.state.signIns).toMatchObject([{ user: 'reader', password }]);
    expect(rogues.server.receivedInClear.includes(Buffer.from(password))).toBe(false);
  });

  test('a port that answers in TLS says so', async () => {
    // Fatal, "protocol version": RFC 8446, section 6.
    const alert = at('connect', (peer) => peer.send(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])));
    expect(outcome(await rogues.probe(alert))).toEqual(['sign-in', 'TLS_REQUIRED']);
  });
});

describe.skipIf(!canMakeCertificates())('with TLS (needs the openssl command)', () => {
  const authority = canMakeCertificates() ? makeAuthority() : undefined;
  const trusting = { sslEnabled: true, host: 'localhost' };
  const connection = { ...trusting, sslCaCertificate: authority?.cert ?? null };
  const local = { names: 'DNS:localhost,IP:127.0.0.1' };
  const identityOf = (names: string, days = 2) => {
    if (!authority) throw new Error('Without openssl there are no certificates');
    return authority.sign({ names, days });
  };

  async function refusal(options: OracleOptions, more: object = {}) {
    const report = await rogues.probe(options, { connection: { ...connection, ...more } });
    return outcome(report);
  }

  test('nothing leaves before the server has proved who it is', async () => {
    const refused: [OracleOptions, object, string][] = [
      [{ identity: makeSelfSigned(local) }, {}, 'TLS_UNTRUSTED'],
      [{ identity: identityOf(local.names) }, { sslCaCertificate: null }, 'TLS_UNTRUSTED'],
      [{ identity: identityOf('DNS:other.test') }, {}, 'TLS_NAME_MISMATCH'],
      [{ identity: identityOf('DNS:localhost') }, { host: '127.0.0.1' }, 'TLS_NAME_MISMATCH'],
      [{ identity: identityOf(local.names, -1) }, {}, 'TLS_EXPIRED'],
    ];
    for (const [options, more, failure] of refused) {
      expect(await refusal(options, more)).toEqual(['tls', failure]);
      expect(rogues.server.received).toHaveLength(0);
    }
  });

  test('the sign-in is encrypted, and the days to the end of the certificate are found', async () => {
    const server = await startOracle(newState(), { identity: identityOf(local.names) });
    const findings = { sshHostKey: null, certificateExpiresInDays: null };
    const more = { port: server.port, databaseName: 'shop.test' };
    const target = connectionTarget({ ...given, ...connection, ...more }, password);
    expect((await connector.probe({ ...target, findings }, never)).failure).toBeNull();
    expect(findings.certificateExpiresInDays).toBe(1);
    expect(server.receivedInClear).toHaveLength(0);
    expect(server.received.includes('AUTH_PASSWORD')).toBe(true);
    await server.close();
  });

  describe('which a listener has its clients begin a second time', () => {
    const identity = identityOf(local.names);

    test('works, and all is encrypted both times', async () => {
      const anew = { identity, encryptsAnew: identityOf(local.names) };
      const report = await rogues.probe(anew, { connection });
      expect(report.failure).toBeNull();
      expect(rogues.server.receivedInClear).toHaveLength(0);
      const read = await rogues.read(anew, { connection });
      expect(read).toEqual([]);
    });
    test('the identity is checked the second time too', async () => {
      const others: [OracleOptions['encryptsAnew'], string][] = [
        [makeSelfSigned(local), 'TLS_UNTRUSTED'],
        [identityOf('DNS:other.test'), 'TLS_NAME_MISMATCH'],
        [identityOf(local.names, -1), 'TLS_EXPIRED'],
      ];
      for (const [encryptsAnew, failure] of others) {
        const report = await refusal(encryptsAnew ? { identity, encryptsAnew } : { identity });
        expect(report).toEqual(['sign-in', failure]);
        expect(rogues.server.received.includes('AUTH_')).toBe(false);
      }
    });
  });
});

describe('the name of a service', () => {
  test.each([
    'shop)(SECURITY=(SSL_SERVER_DN_MATCH=no)',
    'shop))(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=1)))',
    '//127.0.0.1:1/shop',
    'shop?wallet_location=/etc',
    'shop pdb',
    'shop\n',
    '',
    'x'.repeat(5_000),
  ])('is nothing but a name: %j', async (databaseName) => {
    const report = await rogues.probe({}, { connection: { databaseName } });
    expect(outcome(report)).toEqual(['sign-in', 'DATABASE_NOT_FOUND']);
    expect(rogues.server.received).toHaveLength(0);
  });
});

describe('what a session sends', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'home-'));
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(home, { recursive: true, force: true });
  });

  test('is nothing of our environment, our home folder or our machine', async () => {
    const alias = `SHOP.TEST=(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=1)))`;
    writeFileSync(path.join(home, 'tnsnames.ora'), alias);
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const names = ['ORA_SDTZ', 'ORA_EDITION', 'ORA_DEBUG_JDWP', 'NODE_ORACLEDB_DEBUG_PACKETS'];
    for (const name of names) vi.stubEnv(name, `canary-${name}`);
    vi.stubEnv('TNS_ADMIN', home);
    vi.stubEnv('HOME', home);
    // As a worker does when it starts.
    forgetAmbientCredentials();
    expect((await rogues.probe({})).failure).toBeNull();
    const sent = rogues.server.received.toString('latin1');
    expect(sent).toContain('reader');
    expect(sent).not.toContain('canary');
    expect(sent).not.toContain(hostname());
    expect(sent).toContain('(PROGRAM=basekeep)(HOST=basekeep)(USER=basekeep)');
    expect(printed).not.toHaveBeenCalled();
  });

  test('is no password of somebody else, when there is none', async () => {
    const state = newState();
    const server = await startOracle(state);
    const target = connectionTarget({ ...given, port: server.port, databaseName: state.service });
    const report = await connector.probe(target, never);
    expect(outcome(report)).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
    expect(state.signIns).toEqual([]);
    await server.close();
  });
});

test('no spelling of this machine is reached that is not allowed (D1)', async () => {
  const canary = await startCanary();
  const egress = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
  const hosts = [
    ...['127.0.0.1', 'localhost', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0'],
    ...['0.0.0.0', '::1', '::ffff:127.0.0.1', '[::1]', 'LOCALHOST.', '169.254.169.254'],
  ];
  for (const host of hosts) {
    const there = { ...given, host, port: canary.port, databaseName: 'shop' };
    const target = { ...connectionTarget(there, password), egress };
    const { failure } = await connector.probe(target, never);
    expect(['ADDRESS_NOT_ALLOWED', 'HOST_NOT_FOUND'], host).toContain(failure);
  }
  expect(canary.connections).toBe(0);
  await canary.close();
});

test('without its driver the dialect says so, and standard error names the package', async () => {
  const absent = 'a-package-that-is-not-installed';
  const lacking = createOracleConnector({
    loadDriver: () => loadDriver('oracledb', () => import(absent)),
  });
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const target = connectionTarget({ ...given, databaseName: 'shop' }, password);
  expect((await lacking.probe(target, never)).failure).toBe('DRIVER_MISSING');
  expect((await warned).message).toContain('oracledb');
});
