import { chmod, chown, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { failedWith, readJson, writeJsonAtomically } from './json-file.ts';
import { takeFileLock } from './file-lock.ts';
import { choosePostgresUser } from './postgres/user.ts';

export { readJson, writeJsonAtomically } from './json-file.ts';

export interface DataFolderClaim {
  /** Lets the next start have the folder. Safe to call twice. */
  release(): Promise<void>;
}

const Holder = z.object({ pid: z.number().int() });

/**
 * Makes this process the only one that works in `dataDir`, which is created when missing.
 * Ends by itself when the process dies in whatever way.
 * @throws Error with one sentence that names the folder and the holder's pid when it is in use.
 */
export async function claimDataFolder(dataDir: string): Promise<DataFolderClaim> {
  await makeDataFolder(dataDir);
  const folder = await realpath(dataDir);
  const holderFile = path.join(folder, 'holder.json');
  const lock = takeFileLock(path.join(folder, 'folder.lock'));
  if (!lock) throw new Error(await inUse(dataDir, holderFile));
  try {
    await writeJsonAtomically(holderFile, { pid: process.pid });
  } catch (error) {
    lock.release();
    throw error;
  }
  return { release: async () => lock.release() };
}

/**
 * Creates the folder for its owner alone. As root, the group of PostgreSQL's user may pass through
 * it (not list it, not read what it holds: secrets in it are 0600) to reach its cluster.
 * A folder that exists keeps its mode: it may be somebody's home, or /tmp.
 */
export async function makeDataFolder(dataDir: string): Promise<void> {
  await mkdir(path.dirname(path.resolve(dataDir)), { recursive: true });
  try {
    await mkdir(dataDir, { mode: 0o700 });
  } catch (error) {
    if (failedWith(error, 'EEXIST')) return;
    throw error;
  }
  const user = await choosePostgresUser();
  if (!user) return;
  await chown(dataDir, 0, user.gid);
  await chmod(dataDir, 0o710);
}

async function inUse(dataDir: string, holderFile: string): Promise<string> {
  // Only for the sentence: the lock decides, this file may be about to be written.
  const holder = await readJson(holderFile, Holder).catch(() => undefined);
  const process = holder ? `process ${holder.pid}` : 'another process';
  return `The data folder ${dataDir} is in use by ${process}: stop that one or set BASEKEEP_DATA_DIR to another folder.`;
}
