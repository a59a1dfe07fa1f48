import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { quickFolder } from '../support/folders/quick-folder.ts';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../server/launcher/embedded-postgres.ts';
import { processesOf, endProcessesOf } from '../../server/launcher/postgres/processes.ts';
import { z } from 'zod';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';

export const isRoot = process.getuid?.() === 0;

const Said = z.union([
  z.object({ url: z.string(), pid: z.number() }),
  z.object({ error: z.string() }),
]);

/** A data folder path for one test, not made yet, and everything of it gone after the test. */
export async function useDataFolder(parentMode = 0o711): Promise<string> {
  const parent = await mkdtemp(path.join(quickFolder(), 'basekeep-launcher-'));
  await chmod(parent, parentMode);
  const dataDir = path.join(parent, 'data');
  onTestFinished(async () => {
    const cluster = await clusterOf(dataDir);
    if ((await processesOf(cluster)).length > 0) await endProcessesOf(cluster, 0);
    await removePostgresFolder(dataDir);
    await rm(parent, { recursive: true, force: true });
  });
  return dataDir;
}

/** Where the cluster of a data folder lies, links followed. */
export const clusterOf = (dataDir: string): Promise<string> =>
  realpath(path.join(dataDir, 'postgres')).catch(() => path.join(dataDir, 'postgres'));

/** One PostgreSQL for the tests of a `describe` that only look at it; read it in tests. */
export function useServer(settings: Record<string, string>): {
  readonly dataDir: string;
  readonly server: EmbeddedPostgres;
} {
  let dataDir = '';
  let server: EmbeddedPostgres | undefined;
  beforeAll(async () => {
    dataDir = await makePostgresFolder();
    server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off', ...settings } });
  });
  afterAll(async () => {
    await server?.stop();
    await removePostgresFolder(dataDir);
  });
  return {
    get dataDir() {
      return dataDir;
    },
    get server() {
      if (server) return server;
      throw new Error('The server runs from beforeAll on.');
    },
  };
}

/** Starts PostgreSQL in this process; stopped after the test when the test did not. */
export async function start(
  dataDir: string,
  options: Omit<EmbeddedPostgresOptions, 'dataDir'> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    ...options,
    dataDir,
    settings: { fsync: 'off', ...options.settings },
  });
  onTestFinished(() => postgres.stop());
  return postgres;
}

/** A launcher in a process of its own with nothing in its environment, and what it said. */
export async function spawnLauncher(
  dataDir: string,
  script = new URL('./hold-postgres.ts', import.meta.url).pathname,
): Promise<{ launcher: ChildProcess; said: z.infer<typeof Said> }> {
  const launcher = spawn(process.execPath, [script, dataDir], {
    env: { PATH: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void launcher.kill('SIGKILL'));
  let line = '{"error":"It died without a word."}';
  for await (const said of createInterface(launcher.stdout)) {
    line = said;
    break;
  }
  return { launcher, said: Said.parse(JSON.parse(line)) };
}

/** SIGKILL; resolves when it is gone, and all that it held. */
export async function kill(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const ended = once(launcher, 'exit');
  launcher.kill('SIGKILL');
  await ended;
}

/** The first column of the first row, as text. */
export async function ask(url: string, sql: string): Promise<string | undefined> {
  const client = new pg.Client(url);
  // Some tests cut the connection; the query then rejects, which is answer enough.
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0]?.toString();
  } finally {
    await client.end();
  }
}
