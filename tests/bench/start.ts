import { tmpdir } from 'node:os';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';
import type { Bench } from './bench.ts';
import { compare } from './figure.ts';
import { interleave } from './rounds.ts';
import { freePort } from '../support/free-port.ts';

const Holder = z.object({ pid: z.number() });
const root = new URL('../..', import.meta.url).pathname;
const Package = z.object({ scripts: z.object({ start: z.string() }) });

/** `npm start` on a data folder that exists, to the first 200, against its PostgreSQL alone. */
export const start: Bench = async (run) => {
  const dataDir = await makePostgresFolder(tmpdir());
  run.stack.defer(() => removePostgresFolder(dataDir));
  // As `npm ci` does it.
  await promisify(execFile)(process.execPath, [path.join(root, 'server/launcher/bundle/make.ts')]);
  const firstMs = await startProduct('npm', ['start', '--silent'], dataDir);
  const { scripts } = Package.parse(
    JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')),
  );
  const alone = new URL('baselines/postgres-alone.ts', import.meta.url).pathname;
  const { npm, script, postgres } = await interleave(run.full ? 15 : 5, {
    npm: () => startProduct('npm', ['start', '--silent'], dataDir),
    script: () => startProduct('sh', ['-c', scripts.start], dataDir),
    postgres: () => startAlone(alone, dataDir),
  });
  run.note(`the first start, which makes everything: ${firstMs.toFixed(0)} ms`);
  run.note('PostgreSQL alone: a Node process that calls startEmbeddedPostgres, to its return');
  return [
    compare('npm start to 200', 'ms', npm, postgres, { atMost: 2 }),
    compare('the same without npm', 'ms', script, postgres),
  ];
};

async function startProduct(command: string, args: string[], dataDir: string): Promise<number> {
  const port = await freePort();
  const env = { ...plainEnv(), BASEKEEP_DATA_DIR: dataDir, PORT: String(port) };
  const startedAt = performance.now();
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await until200(`http://127.0.0.1:${port}/api/healthz`, child);
    return performance.now() - startedAt;
  } finally {
    await stopLauncher(dataDir);
    await end(child);
  }
}

/**
 * Without the certificates that a machine may add to Node's: Node 20, if it is npm's, reads all of them
 * before anything else (0.09 s for Debian's list), and neither side makes use of one.
 */
function plainEnv(): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = inheritedEnv();
  return env;
}

async function startAlone(file: string, dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [file, dataDir], {
    env: plainEnv(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    await Promise.race([once(child, 'message'), failed(child)]);
    return performance.now() - startedAt;
  } finally {
    await end(child);
  }
}

async function until200(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the start ended with ${child.exitCode}`);
    if ((await isListening(url)) && (await isUp(url))) return;
    await delay(5);
  }
}

/** Not yet, when it was the launcher that looked whether the port is free. */
const isUp = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** Whoever asks shares the processor with what it waits for: a connection costs less than a request. */
function isListening(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function failed(child: ChildProcess): Promise<never> {
  await once(child, 'exit');
  throw new Error('the process ended before it was ready');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/**
 * Stops the launcher itself, by the pid it has left: npm ends at SIGTERM and hands it to a shell,
 * which ends as well and tells nobody.
 */
async function stopLauncher(dataDir: string): Promise<void> {
  const holder = Holder.parse(
    JSON.parse(await readFile(path.join(dataDir, 'holder.json'), 'utf8')),
  );
  try {
    process.kill(holder.pid, 'SIGTERM');
    for (;;) {
      process.kill(holder.pid, 0);
      await delay(10);
    }
  } catch {
    // ESRCH: it is gone.
  }
}
