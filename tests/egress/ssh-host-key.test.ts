import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { freePort } from '../support/free-port.ts';
import {
  type HostKeyType,
  makeSshKey,
  openSshMissing,
  type OpenSshServer,
  startOpenSsh,
} from '../support/servers/openssh.ts';
import { type RogueSsh, type RogueSshServer, startRogueSsh } from './rogue-ssh.ts';
import { open, outcome, sshTarget, startEcho } from './ssh-target.ts';

const anyOther = `SHA256:${'A'.repeat(43)}`;
const secrets = { sshPassword: 'secret of the tunnel' };

describe('the host key of an SSH server', () => {
  const started: { close(): Promise<void> }[] = [];
  afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));
  const start = async (rogue: RogueSsh = {}): Promise<RogueSshServer> => {
    const server = await startRogueSsh({ passwords: [secrets.sshPassword], ...rogue });
    started.push(server);
    return server;
  };

  test.each([
    ['on record', (pinned: string) => ({ pinned })],
    ['named by the person', (pinned: string) => ({ connection: { sshHostKey: pinned } })],
  ])('%s is the only one that learns anything about us', async (_what, known) => {
    const server = await start();
    const target = sshTarget({ port: server.port, secrets, ...known(anyOther) });
    expect(await outcome(target, { port: 1 })).toBe('ssh: SSH_HOST_KEY_CHANGED');
    expect(server.attempts).toEqual([]);
    expect(target.findings.sshHostKey).toBe(server.fingerprints[0]);
  });

  test('that the person has named counts more than the one on record', async () => {
    const server = await start();
    const connection = { sshHostKey: anyOther };
    const pinned = server.fingerprints[0] ?? '';
    const target = sshTarget({ port: server.port, secrets, pinned, connection });
    expect(await outcome(target, { port: 1 })).toBe('ssh: SSH_HOST_KEY_CHANGED');
    expect(server.attempts).toEqual([]);
  });

  test('is trusted at first sight, and reported', async () => {
    const server = await start({ onChannel: (_accept, reject) => reject() });
    const target = sshTarget({ port: server.port, secrets });
    expect(await outcome(target, { port: 1 })).toBe('ssh: SSH_FORWARDING_REFUSED');
    expect(server.attempts).toEqual(['none', 'password']);
    expect(target.findings.sshHostKey).toBe(server.fingerprints[0]);
  });

  test('may be any of the server: nothing is sent until it is the one on record', async () => {
    const hostKeys: HostKeyType[] = ['ed25519', 'ecdsa', 'rsa'];
    const server = await start({ hostKeys, onChannel: (_accept, reject) => reject() });
    for (const pinned of server.fingerprints) {
      const target = sshTarget({ port: server.port, secrets, pinned });
      expect(await outcome(target, { port: 1 })).toBe('ssh: SSH_FORWARDING_REFUSED');
    }
    expect(server.attempts).toHaveLength(3 * 2);
    expect(server.connections).toBe(1 + 2 + 3);
    const target = sshTarget({ port: server.port, secrets, pinned: anyOther });
    expect(await outcome(target, { port: 1 })).toBe('ssh: SSH_HOST_KEY_CHANGED');
    expect(server.attempts).toHaveLength(3 * 2);
  });

  test.each<[string, RogueSsh]>([
    ['SHA-1 signatures', { hostKeys: ['rsa'], algorithms: { serverHostKey: ['ssh-rsa'] } }],
    ['group1', { algorithms: { kex: ['diffie-hellman-group1-sha1'] } }],
    ['CBC', { algorithms: { cipher: ['aes128-cbc'] } }],
    ['HMAC-SHA-1', { algorithms: { cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] } }],
  ])('and all that protects it: a server with nothing but %s is refused', async (_what, weak) => {
    const server = await start(weak);
    const target = sshTarget({ port: server.port, secrets });
    expect(await outcome(target, { port: 1 })).toBe('ssh: SSH_ALGORITHMS_WEAK');
    expect(server.attempts).toEqual([]);
  });
});

describe.skipIf(openSshMissing)(`the host keys of OpenSSH ${openSshMissing ?? ''}`, () => {
  const started: { close(): Promise<void> }[] = [];
  afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));
  const key = openSshMissing ? null : makeSshKey({ type: 'ed25519' });
  const start = async (port: number): Promise<OpenSshServer> => {
    const server = await startOpenSsh({ port, hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
    server.authorize(key?.publicKey ?? '');
    started.push(server);
    return server;
  };

  test('are recognised whichever is on record, and refused when all have changed', async () => {
    const port = await freePort();
    const echo = await startEcho();
    const first = await start(port);
    const sign = { sshPrivateKey: key?.privateKey ?? '' };
    const of = (pinned: string) =>
      sshTarget({ port, username: first.username, secrets: sign, pinned });
    const pins = (['ed25519', 'ecdsa', 'rsa'] as const).map((type) => first.fingerprint(type));
    for (const pin of pins) expect(await outcome(of(pin), { port: echo.port })).toBe('echoed');
    await first.close();
    const second = await start(port);
    for (const pin of pins) {
      expect(await outcome(of(pin), { port: echo.port })).toBe('ssh: SSH_HOST_KEY_CHANGED');
    }
    expect(second.log).not.toMatch(/userauth-request/);
    await echo.close();
  });

  test('stay what they were within a probe or a sync, also where none was on record', async () => {
    const port = await freePort();
    const echo = await startEcho();
    const first = await start(port);
    const target = sshTarget({
      port,
      username: first.username,
      secrets: { sshPrivateKey: key?.privateKey ?? '' },
    });
    const socket = await open(target, echo.port);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await first.close();
    await closed;
    await start(port);
    await expect(open(target, echo.port)).rejects.toEqual(
      new ConnectionFailure('SSH_HOST_KEY_CHANGED'),
    );
    await echo.close();
  });
});
