import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { makeDataFolder } from './data-folder.ts';
import { takeFileLock } from './file-lock.ts';
import { findBinaries } from './postgres/binaries.ts';
import {
  clusterOwner,
  createCluster,
  isCluster,
  locateCluster,
  superuser,
} from './postgres/cluster.ts';
import { launchPostgres, type PostgresExit, type PostgresProcess } from './postgres/process.ts';
import { stopLeftovers } from './postgres/processes.ts';
import { assertPortIsFree, keepSettings } from './postgres/settings.ts';
import { choosePostgresUser } from './postgres/user.ts';

export interface EmbeddedPostgresOptions {
  /** Holds postgres.json, postgres.log and the cluster, or a link to it; created when missing. */
  dataDir: string;
  /** Default: a free one, chosen at the first start and kept in postgres.json. */
  port?: number;
  /** Ends a start that is under way; a server that runs is ended by stop(). */
  signal?: AbortSignal;
  /** postgresql.conf settings of this run, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** postgres://basekeep:<password>@127.0.0.1:<port>/postgres, a superuser. */
  url: string;
  port: number;
  pid: number;
  /** Resolves when PostgreSQL ended, asked or not; never rejects. */
  exited: Promise<PostgresExit>;
  /** Ends it in order within 8 s, else at once; resolves when it is gone, within 10 s. */
  stop(): Promise<void>;
}

/**
 * Runs the PostgreSQL of the npm packages on the cluster of `dataDir`, which the first start makes.
 * As root it runs as another user, see choosePostgresUser. It listens on 127.0.0.1 only, with a
 * password, and gets nothing of our environment. Whatever an earlier start left behind, killed at
 * any moment, is put right first.
 * @throws Error with one sentence for the person at the terminal when it cannot run.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  options.signal?.throwIfAborted();
  const { dataDir } = options;
  await makeDataFolder(dataDir);
  const user = await choosePostgresUser(await clusterOwner(dataDir));
  const cluster = await locateCluster(dataDir, user);
  // Beside the cluster itself, not in the data folder: a copied data folder has the same link.
  const lock = takeFileLock(`${cluster}.lock`);
  if (!lock)
    throw new Error(`The database ${cluster} is in use by another Basekeep: stop that one.`);
  try {
    const { password, port, server } = await startLocked(cluster, user, options);
    void server.exited.then(() => lock.release());
    return {
      url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`,
      port,
      pid: server.pid,
      exited: server.exited,
      stop: server.stop,
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(
  cluster: string,
  user: Awaited<ReturnType<typeof choosePostgresUser>>,
  { dataDir, port: wantedPort, signal, settings = {} }: EmbeddedPostgresOptions,
): Promise<{ password: string; port: number; server: PostgresProcess }> {
  await stopLeftovers(cluster);
  const clusterExists = await isCluster(cluster);
  const { password, port } = await keepSettings(dataDir, wantedPort, clusterExists);
  const binaries = await findBinaries(user);
  if (!clusterExists) {
    await createCluster(cluster, {
      binaries,
      user,
      password,
      fsync: settings['fsync'] !== 'off',
      signal,
    });
  }
  await assertPortIsFree(port, dataDir);
  const logFile = path.join(await realpath(dataDir), 'postgres.log');
  const server = await launchPostgres({ cluster, binaries, user, port, settings, logFile, signal });
  return { password, port, server };
}
