import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import type { Identity } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { findProgram } from '../processes/find-program.ts';

export interface Mariadb {
  readonly port: number;
  /** Shows this certificate from now on. Only for a server that began with one. */
  show(identity: Identity): Promise<void>;
  /** As `root`, over TCP; the caller ends it. */
  connect(): Promise<Connection>;
  stop(): Promise<void>;
}

export interface MariadbOptions {
  /** What the server shows when asked for TLS; without one it does not offer TLS. */
  readonly identity?: Identity;
  /** The authority, PEM, of the certificates that clients may be asked for. */
  readonly clientAuthority?: string;
  /** More options of mariadbd, such as `--require-secure-transport=on`. */
  readonly options?: readonly string[];
}

const startMs = 30_000;

/** Why tests against a real MariaDB are skipped here; null when they are not. */
export function mariadbMissing(): string | null {
  for (const program of ['mariadbd', 'mariadb-install-db']) {
    if (findProgram(program) === null) return `skipped: ${program} not found`;
  }
  return null;
}

/**
 * A private MariaDB on a free port of 127.0.0.1, its data in a folder of its own. Its only account
 * is `root` without a password, from 127.0.0.1. Not durable: nothing of a test has to survive.
 */
export async function startMariadb(settings: MariadbOptions = {}): Promise<Mariadb> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mariadb-'));
  // MariaDB refuses to run as root; its package brings a user, who has to reach the folder.
  const owner = process.getuid?.() === 0 ? 'mysql' : null;
  prepare(folder, owner);
  const user = owner === null ? [] : [`--user=${owner}`];
  const data = `--datadir=${path.join(folder, 'data')}`;
  execFileSync(
    findProgram('mariadb-install-db') ?? 'mariadb-install-db',
    ['--no-defaults', ...user, data, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { stdio: 'pipe' },
  );
  const port = await freePort();
  const server = spawn(
    findProgram('mariadbd') ?? 'mariadbd',
    [
      ...['--no-defaults', ...user, data, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${path.join(folder, 'data', 's')}`, `--tmpdir=${path.join(folder, 'data')}`],
      ...[`--pid-file=${path.join(folder, 'data', 'pid')}`, '--skip-name-resolve'],
      ...['--innodb-flush-log-at-trx-commit=0', '--innodb-flush-method=nosync'],
      // A file for each of a thousand tables would take most of a test's time.
      ...['--innodb-file-per-table=0', '--skip-innodb-doublewrite', '--skip-log-bin'],
      ...(settings.identity ? tlsOptions(folder, owner, settings.identity) : ['--skip-ssl']),
      ...(settings.clientAuthority ? authorityOption(folder, settings.clientAuthority) : []),
      ...(settings.options ?? []),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const log: string[] = [];
  server.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const connect = () =>
    createConnection({
      ...{ host: '127.0.0.1', port, user: 'root', multipleStatements: true },
      ...(settings.identity ? { ssl: { rejectUnauthorized: false } } : {}),
    });
  const stop = async (): Promise<void> => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(connect, server);
  } catch (error) {
    await stop();
    throw new Error(`mariadbd did not start: ${log.join('').slice(-2_000)}`, { cause: error });
  }
  const show = async (identity: Identity): Promise<void> => {
    tlsOptions(folder, owner, identity);
    const connection = await connect();
    await connection.query('flush ssl');
    await connection.end();
  };
  return { port, show, connect, stop };
}

function prepare(folder: string, owner: string | null): void {
  const data = path.join(folder, 'data');
  mkdirSync(data);
  chmodSync(folder, 0o755);
  if (owner !== null) giveTo(owner, data);
}

function giveTo(owner: string, file: string): void {
  const id = (flag: string) => Number(execFileSync('id', [flag, owner], { encoding: 'utf8' }));
  chownSync(file, id('-u'), id('-g'));
}

function tlsOptions(folder: string, owner: string | null, identity: Identity): string[] {
  const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  for (const part of ['cert', 'key'] as const) {
    writeFileSync(files[part], identity[part], { mode: 0o600 });
    if (owner !== null) giveTo(owner, files[part]);
  }
  return [`--ssl-cert=${files.cert}`, `--ssl-key=${files.key}`];
}

function authorityOption(folder: string, authority: string): string[] {
  const file = path.join(folder, 'clients.pem');
  writeFileSync(file, authority);
  return [`--ssl-ca=${file}`];
}

async function untilReady(connect: Mariadb['connect'], server: ChildProcess): Promise<void> {
  const until = performance.now() + startMs;
  for (;;) {
    try {
      await (await connect()).end();
      return;
    } catch (error) {
      if (server.exitCode !== null || performance.now() > until) throw error;
      await sleep(50);
    }
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  // Not a clean shutdown: the folder goes away with it.
  server.kill('SIGKILL');
  await gone;
}
