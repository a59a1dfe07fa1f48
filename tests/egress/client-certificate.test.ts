import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type SecureVersion } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { noFindings } from '../../workers/egress/findings.ts';
import { startTls } from '../../workers/egress/tls.ts';
import { canMakeCertificates, type Identity, makeAuthority } from '../support/certificates.ts';
import { connectionTarget } from '../support/connection-target.ts';
import { freePort } from '../support/free-port.ts';
import { portOf } from './ssh-target.ts';

describe.skipIf(!canMakeCertificates())('a client certificate (needs the openssl command)', () => {
  const [authority, strangers] = canMakeCertificates() ? [makeAuthority(), makeAuthority()] : [];
  const sign = (names: string, by = authority): Identity => {
    if (!by) throw new Error('Without openssl there are no certificates');
    return by.sign({ names, days: 20 });
  };
  const started: (() => void)[] = [];
  afterEach(() => started.splice(0).forEach((stop) => stop()));

  /** A server that wants certificates and welcomes whoever has one. */
  async function startNode(version: SecureVersion): Promise<number> {
    const server = createServer({
      ...sign('DNS:localhost'),
      ca: authority?.cert,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: version,
    });
    server.on('secureConnection', (socket) => socket.end(`welcome ${socket.getProtocol()}`));
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    started.push(() => server.close());
    return portOf(server);
  }

  /** Says in an alert what it thinks of a certificate, where Node's own server just hangs up. */
  async function startOpenSsl(version: SecureVersion): Promise<number> {
    const folder = mkdtempSync(path.join(tmpdir(), 's-server-'));
    const { cert, key } = sign('DNS:localhost');
    const files = { 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority?.cert ?? '' };
    for (const [name, pem] of Object.entries(files)) writeFileSync(path.join(folder, name), pem);
    const port = await freePort();
    const only = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
    const own = ['-cert', 'cert.pem', '-key', 'key.pem', '-CAfile', 'ca.pem'];
    const strict = ['-Verify', '2', '-verify_return_error', only];
    const child = spawn(
      'openssl',
      ['s_server', '-accept', `127.0.0.1:${port}`, ...own, ...strict],
      {
        cwd: folder,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    started.push(() => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });
    for await (const chunk of child.stdout) if (String(chunk).includes('ACCEPT')) break;
    return port;
  }

  /** What a server that wants certificates says: its word, or the code of our failure. */
  async function answerTo(client: Partial<Identity>, port: number): Promise<string> {
    const base = connectionTarget({
      dialect: 'POSTGRES',
      sslClientCertificate: client.cert ?? null,
    });
    const secrets = client.key === undefined ? {} : { sslClientKey: client.key };
    const target = { ...base, secrets, findings: noFindings() };
    const plain = connect(port, '127.0.0.1');
    await once(plain, 'connect');
    try {
      const socket = await startTls(plain, {
        host: 'localhost',
        caCertificate: authority?.cert ?? null,
        target,
        signal: new AbortController().signal,
        timeoutMs: 3_000,
      });
      expect(target.findings.certificateExpiresInDays).toBe(19);
      const [chunk]: unknown[] = await once(socket, 'data');
      socket.destroy();
      return String(chunk);
    } catch (error) {
      return error instanceof ConnectionFailure ? error.code : String(error);
    }
  }

  const versions: SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
  describe.each(versions)('over %s', (version) => {
    test('is shown to a server that asks', async () => {
      expect(await answerTo(sign('DNS:client'), await startNode(version))).toBe(
        `welcome ${version}`,
      );
    });

    test('of a stranger is refused by name', async () => {
      const code = await answerTo(sign('DNS:client', strangers), await startOpenSsl(version));
      expect(code).toBe('TLS_CLIENT_CERTIFICATE_REFUSED');
    });

    test('has to belong to its key, and to have one', async () => {
      const { cert } = sign('DNS:client');
      const { key } = sign('DNS:other');
      const port = await startNode(version);
      expect(await answerTo({ cert, key }, port)).toBe('CREDENTIALS_INVALID');
      expect(await answerTo({ cert }, port)).toBe('CREDENTIALS_INVALID');
      expect(await answerTo({ cert, key: 'not a key' }, port)).toBe('CREDENTIALS_INVALID');
    });
  });

  test('that is missing is told where the protocol has a word for it', async () => {
    expect(await answerTo({}, await startNode('TLSv1.3'))).toBe('TLS_CLIENT_CERTIFICATE_REFUSED');
    expect(await answerTo({}, await startNode('TLSv1.2'))).toBe('TLS_FAILED');
  });
});
