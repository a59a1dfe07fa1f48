import { createServer } from 'node:net';
import path from 'node:path';
import { EnvError, readEnv, type LauncherEnv } from '../../shared/env.ts';
import type { Children } from './children/children.ts';
import { envsOf } from './children/envs.ts';
import type { ProgramName } from './children/programs.ts';
import { settledControlUrl } from './control-url.ts';
import { claimDataFolder } from './data-folder.ts';
import { greeting } from './greeting.ts';
import { keyFilesIn, makeKeys } from './keys.ts';
import type { Installation, Prepared, Server } from './prepare-database.ts';

/** What has been started so far, to be stopped in reverse. */
const started: (() => Promise<void>)[] = [];

/** Runs Basekeep until a signal ends it. Whatever keeps it from starting is told in one sentence. */
export async function launch(code: string, children: Children<ProgramName>): Promise<void> {
  // Not once: npm passes on the signal that its whole group got already, and a second one without a
  // listener would end this process before it has stopped PostgreSQL.
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));
  try {
    await start(readEnv('launcher'), code, children);
  } catch (error) {
    if (stopping === undefined)
      await stop(1, error instanceof Error ? error.message : 'The start failed.');
  }
}

/** What only some starts need is imported by those that do. */
async function start(
  env: LauncherEnv,
  code: string,
  children: Children<ProgramName>,
): Promise<void> {
  void children.gaveUp.then((sentence) => stop(1, sentence));
  const dataDir = path.resolve(env.BASEKEEP_DATA_DIR);
  const claim = await claimDataFolder(dataDir);
  started.push(() => claim.release());
  const port = await freePort(env.PORT);
  const keys = keyFilesIn(path.join(dataDir, 'keys'));
  await makeKeys(keys);
  const settled = env.DATABASE_URL ?? (await settledControlUrl(dataDir));
  const tell = (databaseUrl: string, isOpen: boolean): void =>
    children.tell(envsOf(env, { port, keys, databaseUrl }), isOpen);
  if (settled !== undefined) tell(settled, false);
  const server = await startServer(env, dataDir);
  // After PostgreSQL, to be stopped before it. Until here they leave with this process.
  started.push(() => children.stop());
  const url = `http://localhost:${port}`;
  const at = { dataDir, url, keys, server, code };
  const { databaseUrl, first } = await prepare(env, at, settled);
  tell(databaseUrl, true);
  await children.up;
  process.stdout.write(greeting({ url, dataDir, first }));
}

async function startServer(env: LauncherEnv, dataDir: string): Promise<Server> {
  if (env.DATABASE_URL !== undefined) return { databaseUrl: env.DATABASE_URL };
  const { startEmbeddedPostgres } = await import('./embedded-postgres.ts');
  const postgres = await startEmbeddedPostgres({ dataDir });
  started.push(() => postgres.stop());
  void postgres.exited.then(() =>
    stop(1, 'The embedded PostgreSQL ended by itself; see postgres.log.'),
  );
  return { superuserUrl: postgres.url };
}

async function prepare(
  env: LauncherEnv,
  at: Installation,
  settled: string | undefined,
): Promise<Prepared> {
  const { isPrepared } = await import('./prepared.ts');
  if (settled !== undefined && (await isPrepared(settled, at.code)))
    return { databaseUrl: settled, first: null };
  const { prepareDatabase } = await import('./prepare-database.ts');
  return prepareDatabase(env, at);
}

/** The port itself, or a free one for 0. One sentence when somebody else has it. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(new EnvError(`The port ${wanted} is taken; set PORT to another one.`)),
    );
    probe.listen(wanted, () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : wanted;
      probe.close(() => resolve(port));
    });
  });
}

let stopping: Promise<void> | undefined;

/** Stops everything in reverse order and leaves; a second call waits for the first. */
function stop(exitCode: number, sentence?: string): Promise<void> {
  stopping ??= (async () => {
    if (sentence !== undefined) process.stderr.write(`${sentence}\n`);
    for (const stopOne of started.reverse()) await stopOne().catch(() => undefined);
    process.exit(exitCode);
  })();
  return stopping;
}
