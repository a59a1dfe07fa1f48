import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

const sshd = '/usr/sbin/sshd';

/** Why OpenSSH cannot run here, for the name of what is skipped; null when it can. */
export const openSshMissing = existsSync(sshd) ? null : 'skipped: sshd not found';

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface OpenSshServer {
  readonly port: number;
  /** The system's user that tests sign in as. */
  readonly username: string;
  /** The server's log so far. */
  readonly log: string;
  fingerprint(type: HostKeyType): string;
  /** Lets the holder of this public key in. */
  authorize(publicKey: string): void;
  /** Ends every connection without a word, like a network that is gone. */
  cut(): void;
  close(): Promise<void>;
}

export interface OpenSshOptions {
  /** Lines before all others of sshd_config, where the first one counts. */
  readonly config?: readonly string[];
  readonly hostKeys?: readonly HostKeyType[];
  readonly username?: string;
  readonly port?: number;
}

/** A real sshd as a private process on loopback, as root or as the user who runs the tests. */
export async function startOpenSsh(options: OpenSshOptions = {}): Promise<OpenSshServer> {
  // To find the primes of an RSA key takes longer than most of what is tested with the server.
  const { config = [], hostKeys = ['ed25519'], username } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'sshd-'));
  // sshd reads authorized_keys as the user who signs in; the keys themselves stay 0600.
  chmodSync(folder, 0o755);
  const file = (name: string): string => path.join(folder, name);
  const port = options.port ?? (await freePort());
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const type of hostKeys) keygen([...kindOf(type), '-N', '', '-f', file(type)]);
  writeFileSync(file('authorized_keys'), '');
  const lines = [
    ...config,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeys.map((type) => `HostKey ${file(type)}`),
    'PidFile none',
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'MaxStartups 100',
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'LogLevel DEBUG',
  ];
  writeFileSync(file('config'), `${lines.join('\n')}\n`);
  const child = spawn(sshd, ['-D', '-e', '-f', file('config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {},
  });
  const log: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  await listening(port, child, log);
  return {
    port,
    username: username ?? userInfo().username,
    get log() {
      return log.join('');
    },
    fingerprint(type) {
      return keygen(['-lf', file(`${type}.pub`)]).split(' ')[1] ?? '';
    },
    authorize(publicKey) {
      writeFileSync(file('authorized_keys'), `${publicKey.trim()}\n`, { flag: 'a' });
    },
    cut() {
      descendants(child.pid ?? 0).forEach(killIfRunning);
    },
    async close() {
      descendants(child.pid ?? 0).forEach(killIfRunning);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A process that serves one connection may end by itself between the look and the signal. */
function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export interface KeyOptions {
  readonly type: HostKeyType;
  readonly format?: 'openssh' | 'pem' | 'pkcs8';
  readonly passphrase?: string;
}

/** A key pair as ssh-keygen and openssl write it. */
export function makeSshKey({ type, format = 'openssh', passphrase = '' }: KeyOptions): {
  privateKey: string;
  publicKey: string;
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'ssh-key-'));
  const file = path.join(folder, 'key');
  try {
    if (type === 'ed25519' && format !== 'openssh') return ed25519Pem(file, passphrase);
    const written = { openssh: [], pem: ['-m', 'PEM'], pkcs8: ['-m', 'PKCS8'] }[format];
    keygen([...kindOf(type), '-N', passphrase, '-f', file, ...written]);
    return {
      privateKey: readFileSync(file, 'utf8'),
      publicKey: readFileSync(`${file}.pub`, 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** ssh-keygen writes no Ed25519 key but its own, so OpenSSL does; the public half is in the same form. */
function ed25519Pem(file: string, passphrase: string): { privateKey: string; publicKey: string } {
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', file], { stdio: 'pipe' });
  const der = execFileSync('openssl', ['pkey', '-in', file, '-pubout', '-outform', 'DER']);
  const blob = Buffer.concat([
    Buffer.from('0000000b', 'hex'),
    Buffer.from('ssh-ed25519'),
    Buffer.from('00000020', 'hex'),
    der.subarray(-32),
  ]);
  if (passphrase !== '') {
    const to = ['-topk8', '-v2', 'aes256', '-passout', `pass:${passphrase}`];
    execFileSync('openssl', ['pkcs8', '-in', file, ...to, '-out', `${file}8`], { stdio: 'pipe' });
  }
  return {
    privateKey: readFileSync(passphrase === '' ? file : `${file}8`, 'utf8'),
    publicKey: `ssh-ed25519 ${blob.toString('base64')} test`,
  };
}

/**
 * A user of the system with a password, which only root can make; null for anybody else. sshd has no
 * passwords but the system's.
 */
export function makeUser(password: string): { username: string; remove(): void } | null {
  if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/useradd')) return null;
  const username = `bk-ssh-${process.pid}`;
  execFileSync('/usr/sbin/useradd', ['-M', '-s', '/bin/sh', username], { stdio: 'pipe' });
  execFileSync('/usr/sbin/chpasswd', [], { input: `${username}:${password}\n`, stdio: 'pipe' });
  return {
    username,
    remove: () => void execFileSync('/usr/sbin/userdel', [username], { stdio: 'pipe' }),
  };
}

/** The least that OpenSSH thinks safe: an RSA key of its default of 3072 bits takes three times as long. */
const kindOf = (type: HostKeyType): string[] =>
  type === 'rsa' ? ['-t', type, '-b', '2048'] : ['-t', type];

function keygen(args: readonly string[]): string {
  return execFileSync('ssh-keygen', ['-q', ...args], { encoding: 'utf8', stdio: 'pipe' });
}

async function listening(port: number, child: ChildProcess, log: string[]): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`sshd did not start: ${log.join('')}`);
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (connected) return;
    await sleep(25);
  }
  throw new Error(`sshd does not listen: ${log.join('')}`);
}

/** The processes below one, read from Linux's own list; elsewhere none. */
function descendants(parent: number): number[] {
  let list: string;
  try {
    list = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8');
  } catch {
    // It ended meanwhile, and its children with it.
    return [];
  }
  const children = list.split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}
