import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openSocketPair } from '../../workers/egress/ssh/socket-pair.ts';
import { readPrivateKey } from '../../workers/egress/ssh/private-key.ts';
import { makeSshKey } from '../support/servers/openssh.ts';
import { type RogueSsh, startBytes, startRogueSsh } from './rogue-ssh.ts';
import { open, outcome, portOf, sshTarget } from './ssh-target.ts';

const secrets = { sshPassword: 'secret of the tunnel' };
const never = new AbortController().signal;
const MiB = 1024 * 1024;

const started: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())));

/** How it ends, and within what time, when patience lasts for a second. */
async function ending(port: number): Promise<string> {
  const startedAt = performance.now();
  const target = sshTarget({ port, secrets });
  const result = await outcome(target, { port: 1, sshTimeoutMs: 1_000, connectTimeoutMs: 1_000 });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  return result;
}

describe('a server that does not speak SSH', () => {
  const scripts: [string, Parameters<typeof startBytes>[0], string | RegExp][] = [
    ['says nothing', () => undefined, 'ssh: SSH_TIMEOUT'],
    ['says nothing after its name', (s) => s.write('SSH-2.0-Rogue\r\n'), 'ssh: SSH_TIMEOUT'],
    [
      'answers like a website',
      (s) => s.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'ssh: SSH_TIMEOUT',
    ],
    ['closes at once', (s) => s.end(), 'ssh: SSH_FAILED'],
    ['closes with a reset', (s) => s.resetAndDestroy(), /SSH_(FAILED|CONNECTION_REFUSED)$/],
    [
      'sends garbage for a packet',
      (s) => s.write(`SSH-2.0-Rogue\r\n${'\xff'.repeat(4096)}`),
      'ssh: SSH_FAILED',
    ],
    ['speaks SSH 1', (s) => s.write('SSH-1.5-Rogue\r\n'), 'ssh: SSH_FAILED'],
  ];
  test.each(scripts)('and %s is told from one that does', async (_what, script, expected) => {
    const server = await startBytes(script);
    started.push(server);
    expect(await ending(server.port)).toMatch(expected);
    expect(Buffer.concat(server.received).includes(secrets.sshPassword)).toBe(false);
    expect(Buffer.concat(server.received).includes('tester')).toBe(false);
  });

  test('and greets without end is cut off, its greetings forgotten', async () => {
    const server = await startBytes((socket) => {
      const line = Buffer.from(`${'x'.repeat(4_000)}\r\n`.repeat(64));
      const flood = (): void => {
        while (!socket.destroyed && socket.write(line));
      };
      socket.on('drain', flood);
      flood();
    });
    started.push(server);
    const before = process.memoryUsage().rss;
    // ssh2 gives up after 1,024 lines; a busy machine takes longer than our patience for them.
    expect(await ending(server.port)).toMatch(/^ssh: SSH_(FAILED|TIMEOUT)$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * MiB);
  });
});

describe('an SSH server', () => {
  const letIn: RogueSsh = { passwords: [secrets.sshPassword] };
  const rogues: [string, RogueSsh, string][] = [
    ['is mute about the sign-in', { onSignIn: () => undefined }, 'ssh: SSH_TIMEOUT'],
    ['is mute about the tunnel', letIn, 'ssh: TIMEOUT'],
    [
      'wants another password',
      {
        onSignIn: (context) =>
          context.method === 'password'
            ? context.requestChange('Choose a new one', () => undefined)
            : context.reject(['password']),
      },
      'ssh: SSH_AUTHENTICATION_FAILED',
    ],
    [
      'hangs up during the sign-in',
      { onSignIn: (_context, connection) => connection.end() },
      'ssh: SSH_FAILED',
    ],
    [
      'refuses everything',
      { onSignIn: (context) => context.reject() },
      'ssh: SSH_AUTHENTICATION_FAILED',
    ],
    [
      'never gets enough of refusing',
      { onSignIn: (context) => context.reject(['password', 'publickey', 'keyboard-interactive']) },
      'ssh: SSH_AUTHENTICATION_FAILED',
    ],
  ];
  test.each(rogues)('that %s ends in its deadline', async (_what, rogue, expected) => {
    const server = await startRogueSsh(rogue);
    started.push(server);
    expect(await ending(server.port)).toBe(expected);
    expect(server.attempts.length).toBeLessThanOrEqual(3);
  });

  test('that asks for the password as a question gets it once, and nothing else', async () => {
    const answers: string[][] = [];
    const server = await startRogueSsh({
      onSignIn(context) {
        if (context.method !== 'keyboard-interactive')
          return context.reject(['keyboard-interactive']);
        context.prompt([{ prompt: 'Password: ', echo: false }], (first) => {
          answers.push(first);
          context.prompt([{ prompt: 'Your database password? ', echo: false }], (second) => {
            answers.push(second);
            context.accept();
          });
        });
      },
      onChannel: (_accept, reject) => reject(),
    });
    started.push(server);
    expect(await ending(server.port)).toBe('ssh: SSH_FORWARDING_REFUSED');
    expect(answers).toEqual([[secrets.sshPassword], ['']]);
  });

  test('that promises packets of no size does not stop the worker', async () => {
    const server = await startRogueSsh({
      ...letIn,
      onChannel(accept, _reject, connection) {
        // ssh2's own server would never say so: the number is changed as it goes out.
        const protocol: unknown = Reflect.get(connection, '_protocol');
        const confirm: unknown = Reflect.get(Object(protocol), 'channelOpenConfirm');
        Reflect.set(Object(protocol), 'channelOpenConfirm', (...args: unknown[]) =>
          Reflect.apply(confirm as () => void, protocol, [...args.slice(0, 3), 0]),
        );
        accept();
      },
    });
    started.push(server);
    expect(await ending(server.port)).toBe('ssh: SSH_FAILED');
  });

  test('that sends more than it was granted is cut off', async () => {
    const server = await startRogueSsh({
      ...letIn,
      onChannel(accept, _reject, connection) {
        const channel = accept();
        // The window as the server sees it, which ours is not asked about.
        const outgoing: unknown = Reflect.get(channel, 'outgoing');
        Reflect.set(Object(outgoing), 'window', 1e9);
        const flood = setInterval(() => {
          for (let n = 0; n < 64 && channel.writable; n += 1) channel.write(Buffer.alloc(30_000));
        }, 1);
        channel.on('error', () => undefined).on('close', () => clearInterval(flood));
        connection.on('close', () => clearInterval(flood));
      },
    });
    started.push(server);
    const socket = await open(sshTarget({ port: server.port, secrets }), 1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.pause();
    const before = process.memoryUsage().rss;
    await Promise.race([
      closed,
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error('not cut off')), 20_000)),
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * MiB);
  });
});

describe('a pair of sockets', () => {
  test('is made of our own two, whoever else connects', async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, () => openSocketPair(never)));
    for (const { inner, outer } of pairs) {
      expect(inner.remotePort).toBe(outer.localPort);
      inner.destroy();
      outer.destroy();
    }
  });

  test('has no room for a stranger who is first', async () => {
    const strangers: Socket[] = [];
    const intrude = (message: unknown): void => {
      const server: unknown = Reflect.get(Object(message), 'server');
      if (!(server instanceof Server)) return;
      const stranger = connect(portOf(server), '127.0.0.1');
      stranger.on('error', () => undefined);
      strangers.push(stranger);
    };
    subscribe('tracing:net.server.listen:asyncEnd', intrude);
    try {
      const { inner, outer } = await openSocketPair(never);
      expect(strangers).toHaveLength(1);
      expect(inner.remotePort).toBe(outer.localPort);
      expect(inner.remotePort).not.toBe(strangers[0]?.localPort);
      inner.destroy();
      outer.destroy();
      await vi.waitFor(() => expect(strangers[0]?.destroyed).toBe(true));
    } finally {
      unsubscribe('tracing:net.server.listen:asyncEnd', intrude);
      for (const stranger of strangers) stranger.destroy();
    }
  });
});

describe('an encrypted key', () => {
  test('is decrypted while everything else goes on', async () => {
    const key = makeSshKey({ type: 'ed25519', passphrase: 'secret' });
    const before = process.threadCpuUsage();
    await readPrivateKey(key.privateKey, 'secret', { timeoutMs: 20_000, signal: never });
    const { user, system } = process.threadCpuUsage(before);
    // In this thread bcrypt alone would take 210 ms.
    expect((user + system) / 1_000).toBeLessThan(100);
  });

  test('that asks for more work than there is time is given up', async () => {
    const key = makeSshKey({ type: 'ed25519', passphrase: 'secret' });
    const [first, body = '', last] = key.privateKey.split(/(?<=KEY-----\n)|(?=-----END)/);
    const bytes = Buffer.from(body, 'base64');
    // The rounds are the last four bytes of the options, after a salt of 16: see PROTOCOL.key.
    const at = bytes.indexOf(Buffer.from('00000010', 'hex')) + 4 + 16;
    bytes.writeUInt32BE(1_000_000, at);
    const heavy = `${first}${bytes.toString('base64')}\n${last}`;
    const startedAt = performance.now();
    await expect(
      readPrivateKey(heavy, 'secret', { timeoutMs: 1_000, signal: never, code: 'SSH_TIMEOUT' }),
    ).rejects.toMatchObject({ code: 'SSH_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('of OpenSSL that asks for endless rounds is not even tried', async () => {
    const { privateKey } = makeSshKey({ type: 'rsa', format: 'pkcs8', passphrase: 'secret' });
    const bytes = Buffer.from(privateKey.split('-----')[2] ?? '', 'base64');
    // 2,048 rounds, ssh-keygen's: INTEGER, two bytes long.
    const at = bytes.indexOf(Buffer.from('02020800', 'hex'));
    expect(at).toBeGreaterThan(0);
    // 2,048 becomes 2^31 - 1 in four bytes, and every length around it grows by two.
    const heavy = withNumber(bytes, at, Buffer.from('02047fffffff', 'hex'));
    const name = 'ENCRYPTED PRIVATE KEY';
    const pem = `-----BEGIN ${name}-----\n${heavy.toString('base64')}\n-----END ${name}-----\n`;
    await expect(
      readPrivateKey(pem, 'secret', { timeoutMs: 5_000, signal: never }),
    ).rejects.toMatchObject({ code: 'SSH_KEY_INVALID' });
  });
});

/** DER with the two-byte INTEGER at `at` replaced by a longer one. */
function withNumber(der: Buffer, at: number, number: Buffer): Buffer {
  const grown = Buffer.concat([der.subarray(0, at), number, der.subarray(at + 4)]);
  const by = number.length - 4;
  for (let header = 0; header < at;) {
    const long = (grown[header + 1] ?? 0) > 0x80 ? (grown[header + 1] ?? 0) - 0x80 : 0;
    const [from, bytes] = long === 0 ? [header + 1, 1] : [header + 2, long];
    const start = header + 2 + long;
    const end = start + der.readUIntBE(from, bytes);
    const holds = start <= at && at < end;
    if (holds) grown.writeUIntBE(der.readUIntBE(from, bytes) + by, from, bytes);
    // Into what holds the number, past what does not.
    header = holds ? start : end;
  }
  return grown;
}
