import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { findProgram } from '../processes/find-program.ts';

const startMs = 10_000;
const program = findProgram('pgbouncer');

/** Why tests with a real PgBouncer are skipped here; null when they are not. */
export const pgbouncerMissing = program === null ? '(skipped: pgbouncer not found)' : null;

/** Two connections to the server of a PostgreSQL url, by way of a PgBouncer for any number of clients. */
export async function startPgbouncer(
  databaseUrl: string,
  mode: 'transaction' | 'session',
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const url = new URL(databaseUrl);
  const folder = await mkdtemp(path.join(tmpdir(), 'pgbouncer-'));
  const settings = path.join(folder, 'settings.ini');
  const users = path.join(folder, 'users');
  const port = await freePort();
  await writeFile(
    users,
    `"${decodeURIComponent(url.username)}" "${decodeURIComponent(url.password)}"\n`,
  );
  await writeFile(
    settings,
    `[databases]
* = host=${url.hostname} port=${url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = 2
`,
  );
  // It refuses to run as root; whoever it runs as has to read its settings.
  await chmod(folder, 0o755);
  const user = process.getuid?.() === 0 ? ['--user=nobody'] : [];
  const child = spawn(program ?? 'pgbouncer', ['--quiet', ...user, settings], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await gone;
    await rm(folder, { recursive: true });
  };
  for (const givenUpAt = performance.now() + startMs; !(await isListening(port));) {
    if (child.exitCode !== null || performance.now() > givenUpAt) {
      await stop();
      throw new Error('PgBouncer did not start');
    }
    await delay(20);
  }
  url.port = String(port);
  return { url: url.href, stop };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
