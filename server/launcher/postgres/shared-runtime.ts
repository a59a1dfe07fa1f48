import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Where root keeps what PostgreSQL's user could not reach below a private folder. */
export const systemFolder = '/var/lib/basekeep';

/**
 * Creates the system folder: root's, and others may only pass through it.
 * @throws Error with one sentence when somebody else could have put something there.
 */
export async function makeSystemFolder(): Promise<void> {
  await mkdir(systemFolder, { recursive: true });
  const { uid, mode } = await stat(systemFolder);
  if (uid !== 0 || (mode & 0o022) !== 0) {
    throw new Error(`${systemFolder} must belong to root and be writable by root alone.`);
  }
  await chmod(systemFolder, 0o711);
}

/**
 * The path of a copy of PostgreSQL's binaries that every user can run and only root can change;
 * made once for each version (60 MB), whole or not at all.
 */
export async function shareRuntime(native: string, version: string): Promise<string> {
  await makeSystemFolder();
  const wanted = await fingerprint(native);
  const runtime = path.join(systemFolder, `runtime-${version}-${wanted.slice(0, 12)}`);
  // A power failure soon after the copy can leave short files behind: compare, do not just look.
  if ((await fingerprint(runtime).catch(() => '')) === wanted) return runtime;

  const temporary = path.join(systemFolder, `new-${randomBytes(6).toString('hex')}`);
  try {
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
    await openToAll(temporary);
    await rm(runtime, { recursive: true, force: true });
    await rename(temporary, runtime);
  } catch (error) {
    // Another start may have made the same copy meanwhile: then ours is not needed.
    if ((await fingerprint(runtime).catch(() => '')) !== wanted) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return runtime;
}

/** Changes when a file is added, lost or has another length; reads names only (about 20 ms). */
async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const sizes = await Promise.all(files.map(async (file) => (await lstat(file)).size));
  for (const [index, file] of files.entries()) {
    hash.update(`${path.relative(folder, file)}\0${sizes[index]}\0`);
  }
  return hash.digest('hex');
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const changes = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const isRunnable = entry.isDirectory() || ((await stat(file)).mode & 0o100) !== 0;
      await chmod(file, isRunnable ? 0o755 : 0o644);
    });
  await Promise.all(changes);
}
