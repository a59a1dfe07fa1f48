import { chmod, mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { takeFileLock } from '../../../server/launcher/file-lock.ts';
import { stopLeftovers } from '../../../server/launcher/postgres/processes.ts';
import { possibleFolders, quickFolder } from './quick-folder.ts';

const prefix = 'basekeep-test-run-';

/** Longer than a run needs from making its folder to holding its lock. */
const youngMs = 10 * 60_000;

/**
 * A new temp folder for a data folder that PostgreSQL's user can reach, whoever we are; in memory where
 * it can be, unless `parent` says otherwise.
 */
export async function makePostgresFolder(parent = quickFolder()): Promise<string> {
  const folder = await mkdtemp(path.join(parent, prefix));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes a data folder with its cluster, also when that had to be placed elsewhere. */
export async function removePostgresFolder(dataDir: string): Promise<void> {
  const elsewhere = await readlink(path.join(dataDir, 'postgres')).catch(() => undefined);
  if (elsewhere?.startsWith('/var/lib/basekeep/')) {
    await rm(path.dirname(elsewhere), { recursive: true, force: true, maxRetries: 10 });
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
}

/** Stops and removes what runs left behind that were killed before they could clean up. */
export async function removeAbandonedFolders(): Promise<void> {
  for (const parent of possibleFolders()) await removeAbandonedIn(parent);
}

async function removeAbandonedIn(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(parent, name);
    const { mtimeMs, uid } = await stat(folder);
    if (Date.now() - mtimeMs < youngMs || uid !== process.getuid?.()) continue;
    const cluster = path.join(folder, 'postgres');
    const lock = takeFileLock(`${cluster}.lock`);
    if (!lock) continue;
    await stopLeftovers(cluster);
    await removePostgresFolder(folder);
    lock.release();
  }
}
