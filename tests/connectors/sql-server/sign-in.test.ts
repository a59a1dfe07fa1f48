import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadDriver } from '../../../workers/connectors/load-driver.ts';
import { createSqlServerConnector } from '../../../workers/connectors/sql-server/connector.ts';
import { createEgressPolicy } from '../../../workers/egress/policy.ts';
import { type SqlServerOptions, startSqlServer } from '../../stand-ins/sql-server/server.ts';
import { canMakeCertificates, makeAuthority, makeSelfSigned } from '../../support/certificates.ts';
import { startCanary } from '../../support/canary.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { makeSshKey, openSshMissing, startOpenSsh } from '../../support/servers/openssh.ts';
import { at, obscured, outcome, useSqlServerRogues } from './rogue-harness.ts';
import { newState, password } from './sql-server-under-test.ts';
import { preloginAnswer } from '../../stand-ins/sql-server/server.ts';

const rogues = useSqlServerRogues();
const never = new AbortController().signal;

describe('sslEnabled false means what it says', () => {
  test('nothing is encrypted, the sign-in neither', async () => {
    expect((await rogues.probe({})).failure).toBeNull();
    expect(rogues.server.receivedInClear.includes(obscured(password))).toBe(true);
  });
  test('and a server that insists on TLS gets nothing: TLS_REQUIRED', async () => {
    const report = await rogues.probe({ requiresTls: true });
    expect(outcome(report)).toEqual(['sign-in', 'TLS_REQUIRED']);
    expect(rogues.server.received.includes(obscured(password))).toBe(false);
  });
});

describe('nothing leaves before the server has proved who it is', () => {
  const tls = { sslEnabled: true, host: 'localhost' };

  async function refusal(options: SqlServerOptions, more: object = {}) {
    const report = await rogues.probe(options, { connection: { ...tls, ...more } });
    const { received } = rogues.server;
    expect(received.includes(obscured(password))).toBe(false);
    expect(received.includes(Buffer.from('reader', 'utf16le'))).toBe(false);
    return outcome(report);
  }

  test.each([
    ['not offered', 2],
    ['offered for the sign-in only', 0],
  ])('TLS that is %s', async (_name, encryption) => {
    const server = at('prelogin', (peer) => peer.send(preloginAnswer(encryption)));
    expect(await refusal(server)).toEqual(['tls', 'TLS_NOT_SUPPORTED']);
  });
  test('TLS that is offered and not done', async () => {
    let asked = 0;
    const server = at('prelogin', (peer) => {
      asked += 1;
      // Its own answer to our handshake: that it would rather not.
      return peer.send(preloginAnswer(asked === 1 ? 1 : 2));
    });
    expect((await refusal(server))[0]).toBe('tls');
  });

  describe.skipIf(!canMakeCertificates())('(needs the openssl command)', () => {
    const authority = canMakeCertificates() ? makeAuthority() : undefined;
    const trusting = { sslCaCertificate: authority?.cert ?? null };
    const local = { names: 'DNS:localhost,IP:127.0.0.1' };
    const signed = (names: string, days = 2): SqlServerOptions => {
      const identity = authority?.sign({ names, days });
      return identity ? { identity } : {};
    };

    test('a certificate that proves nothing', async () => {
      const self = { identity: makeSelfSigned(local) };
      expect(await refusal(self, trusting)).toEqual(['tls', 'TLS_UNTRUSTED']);
      expect(await refusal(signed(local.names))).toEqual(['tls', 'TLS_UNTRUSTED']);
      const other = signed('DNS:other.test');
      expect(await refusal(other, trusting)).toEqual(['tls', 'TLS_NAME_MISMATCH']);
      const byName = { ...trusting, host: '127.0.0.1' };
      expect(await refusal(signed('DNS:localhost'), byName)).toEqual(['tls', 'TLS_NAME_MISMATCH']);
      expect(await refusal(signed(local.names, -1), trusting)).toEqual(['tls', 'TLS_EXPIRED']);
    });
    test('with one that does, the sign-in is encrypted, and the days to its end are found', async () => {
      const server = await startSqlServer(newState(), signed(local.names));
      const given = { ...tls, ...trusting, port: server.port, username: 'reader' };
      const target = connectionTarget({ dialect: 'SQL_SERVER', ...given }, password);
      const findings = { sshHostKey: null, certificateExpiresInDays: null };
      const report = await createSqlServerConnector().probe({ ...target, findings }, never);
      expect(report.failure).toBeNull();
      expect(findings.certificateExpiresInDays).toBe(1);
      expect(server.receivedInClear.includes(obscured(password))).toBe(false);
      expect(server.received.includes(obscured(password))).toBe(true);
      await server.close();
    });
  });
});

describe('what a session sends', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'home-'));
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  test('is nothing of our environment, our home folder or our machine', async () => {
    writeFileSync(path.join(home, '.odbc.ini'), '[x]\nPWD=canary-odbc\n', { mode: 0o600 });
    const names = ['AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_TENANT_ID', 'AZURE_USERNAME'];
    for (const name of [...names, 'SQLCMDPASSWORD', 'SQLCMDUSER', 'MSSQL_SA_PASSWORD', 'USER']) {
      vi.stubEnv(name, `canary-${name}`);
    }
    vi.stubEnv('HOME', home);
    const state = newState();
    const server = await startSqlServer(state);
    const given = { port: server.port, host: '127.0.0.1', username: 'reader' };
    const target = connectionTarget({ dialect: 'SQL_SERVER', ...given }, password);
    expect((await createSqlServerConnector().probe(target, never)).failure).toBeNull();
    expect(state.signIns).toEqual([
      { machine: 'basekeep', user: 'reader', password, application: 'basekeep', database: '' },
    ]);
    const sent = server.received.toString('latin1').replaceAll('\0', '');
    expect(sent).toContain('reader');
    expect(sent).not.toContain('canary');
    expect(sent).not.toContain(hostname());
    await server.close();
  });

  test('works without a password too', async () => {
    const server = await startSqlServer({ ...newState(), password: '' });
    const given = { port: server.port, host: '127.0.0.1', username: 'reader' };
    const target = connectionTarget({ dialect: 'SQL_SERVER', ...given });
    expect((await createSqlServerConnector().probe(target, never)).failure).toBeNull();
    await server.close();
  });
});

test('no spelling of this machine is reached that is not allowed (D1)', async () => {
  const canary = await startCanary();
  const egress = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
  const hosts = [
    ...[
      '127.0.0.1',
      'localhost',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '0',
      '0.0.0.0',
    ],
    ...['::1', '::ffff:127.0.0.1', '[::1]', 'LOCALHOST.', '\u{ff11}27.0.0.1', '169.254.169.254'],
  ];
  for (const host of hosts) {
    const given = { dialect: 'SQL_SERVER' as const, host, port: canary.port, username: 'reader' };
    const target = { ...connectionTarget(given, password), egress };
    const { failure } = await createSqlServerConnector().probe(target, never);
    expect(['ADDRESS_NOT_ALLOWED', 'HOST_NOT_FOUND'], host).toContain(failure);
  }
  expect(canary.connections).toBe(0);
  await canary.close();
});

test('without its driver the dialect says so, and standard error names the package', async () => {
  const absent = 'a-package-that-is-not-installed';
  const connector = createSqlServerConnector({
    loadDriver: () => loadDriver('tedious', () => import(absent)),
  });
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const target = connectionTarget({ dialect: 'SQL_SERVER', host: '127.0.0.1', username: 'x' });
  expect((await connector.probe(target, never)).failure).toBe('DRIVER_MISSING');
  expect((await warned).message).toContain('tedious');
});

test.skipIf(openSshMissing)(`through an SSH tunnel ${openSshMissing ?? ''}`, async () => {
  const [ssh, server] = await Promise.all([startOpenSsh(), startSqlServer(newState())]);
  const key = makeSshKey({ type: 'ed25519' });
  ssh.authorize(key.publicKey);
  const target = connectionTarget({
    ...{ dialect: 'SQL_SERVER', host: '127.0.0.1', port: server.port, username: 'reader' },
    ...{ sshEnabled: true, sshHost: '127.0.0.1', sshPort: ssh.port, sshUsername: ssh.username },
  });
  const secrets = { password, sshPrivateKey: key.privateKey };
  const report = await createSqlServerConnector().probe({ ...target, secrets }, never);
  expect(report.failure).toBeNull();
  expect(report.steps.map(({ step }) => step)).toContain('ssh');
  await Promise.all([ssh.close(), server.close()]);
});
