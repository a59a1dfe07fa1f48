import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../json-file.ts';
import type { PostgresBinaries } from './binaries.ts';
import { canReach, type PostgresUser } from './user.ts';
import { run } from './run.ts';
import { makeSystemFolder, systemFolder } from './shared-runtime.ts';

/** The superuser of every embedded cluster. */
export const superuser = 'basekeep';

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

/** Whether `folder` holds a cluster whose initdb came to its end. */
export const isCluster = (folder: string): Promise<boolean> =>
  exists(path.join(folder, 'PG_VERSION'));

/** Who owns the cluster of `dataDir`; undefined before its first start. */
export async function clusterOwner(
  dataDir: string,
): Promise<{ uid: number; gid: number } | undefined> {
  return stat(path.join(dataDir, 'postgres')).catch(() => undefined);
}

/**
 * Where the cluster of `dataDir` lies or is to be made: `<dataDir>/postgres`, or, when PostgreSQL's
 * user cannot reach that, /var/lib/basekeep/<random>/data with a symlink in its place. The name is
 * random so that a data folder that was deleted and made again never picks up the old cluster.
 * @throws Error with one sentence when the cluster was taken away or cannot be reached any more.
 */
export async function locateCluster(
  dataDir: string,
  user: PostgresUser | undefined,
): Promise<string> {
  const local = path.join(await realpath(dataDir), 'postgres');
  const entry = await lstat(local).catch(() => undefined);
  if (entry?.isSymbolicLink()) return followLink(local);
  if (entry && (await isCluster(local))) {
    await assertOurs(local, user);
    return local;
  }
  if (entry) await setAside(local);
  if (!user || (await canReach(user, path.dirname(local), 'x'))) return local;
  return placeElsewhere(local, user);
}

async function followLink(local: string): Promise<string> {
  const target = path.resolve(path.dirname(local), await readlink(local));
  const home = await realpath(path.dirname(target)).catch(() => undefined);
  if (home) return path.join(home, path.basename(target));
  throw new Error(
    `The database that ${local} points to is gone: restore it, or delete the data folder to start anew.`,
  );
}

async function assertOurs(local: string, user: PostgresUser | undefined): Promise<void> {
  const { uid } = await stat(local);
  if (!user && process.getuid && uid !== process.getuid()) {
    throw new Error(
      `The database ${local} belongs to user ${uid}: start Basekeep as root or as that user.`,
    );
  }
  if (user && uid === user.uid && !(await canReach(user, local, 'x'))) {
    throw new Error(
      `PostgreSQL runs as ${user.name}, who cannot reach ${local} any more: open the folders above it to that user (chmod o+x).`,
    );
  }
}

async function placeElsewhere(local: string, user: PostgresUser): Promise<string> {
  await makeSystemFolder();
  const home = path.join(systemFolder, randomBytes(9).toString('hex'));
  await mkdir(home, { mode: 0o700 });
  await chown(home, 0, user.gid);
  await chmod(home, 0o710);
  // For the person who finds it after the data folder was deleted.
  await writeFile(path.join(home, 'belongs-to.txt'), `${local}\n`, { mode: 0o600 });
  // Before the cluster exists: a start that dies in between goes on in this place next time.
  await symlink(path.join(home, 'data'), local);
  return path.join(home, 'data');
}

/**
 * Makes the cluster in a folder of its own and renames it when it is whole: a start that died half
 * way leaves nothing that could be taken for a cluster, and its initdb, should it still be running,
 * does not write where this one does.
 * @throws Error with initdb's own words when it fails.
 */
export async function createCluster(
  cluster: string,
  options: {
    binaries: PostgresBinaries;
    user: PostgresUser | undefined;
    password: string;
    fsync: boolean;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  await removeUnfinished(cluster);
  const unfinished = `${cluster}.initdb-${randomBytes(6).toString('hex')}`;
  const passwordFile = `${unfinished}.password`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, options.password, { mode: 0o600, flag: 'wx' });
    if (options.user) {
      await chown(unfinished, options.user.uid, options.user.gid);
      await chown(passwordFile, options.user.uid, options.user.gid);
    }
    await initdb(unfinished, passwordFile, options);
    await rename(unfinished, cluster);
    await syncFolder(path.dirname(cluster));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function initdb(
  folder: string,
  passwordFile: string,
  { binaries, user, fsync, signal }: Parameters<typeof createCluster>[1],
): Promise<void> {
  const { code, output } = await run(
    binaries.initdb,
    [
      `--pgdata=${folder}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own Unicode rules: the machine may have no locale but C.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(fsync ? [] : ['--no-sync']),
    ],
    { user, signal },
  );
  if (code !== 0) throw new Error(`initdb could not make the embedded database: ${output.trim()}`);
}

/** Clears what earlier, interrupted starts left beside the cluster's place. */
async function removeUnfinished(cluster: string): Promise<void> {
  const folder = path.dirname(cluster);
  const prefix = `${path.basename(cluster)}.initdb-`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
}

/** What is in the cluster's place but no cluster: empty it may go, else it may be somebody's. */
async function setAside(folder: string): Promise<void> {
  const isEmpty = (await readdir(folder)).length === 0;
  if (isEmpty) await rmdir(folder);
  else await rename(folder, `${folder}.unfinished-${randomBytes(6).toString('hex')}`);
}
