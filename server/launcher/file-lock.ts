import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { failedWith } from './json-file.ts';

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html#busy */
const busy = 5;

/** Referenced from here, or the garbage collector would close a database and drop its lock. */
const held = new Set<DatabaseSync>();

export interface FileLock {
  /** Safe to call twice. */
  release(): void;
}

/**
 * Takes the lock on `file` (created when missing, empty forever) or returns undefined when another
 * process, or another part of this one, holds it.
 *
 * The lock is the kernel's, taken through SQLite's exclusive transaction because Node has no call
 * for it: it ends with the process however that dies, so there is nothing stale to clean up, no
 * pid to be reused and no race between two starts. It works on Linux, macOS and Windows.
 * Never open the same file by other means in the holding process: closing it would drop the lock.
 */
export function takeFileLock(file: string): FileLock | undefined {
  createPrivate(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) return undefined;
    throw new Error(`The lock ${file} cannot be taken on this file system.`, { cause: error });
  }
  held.add(database);
  return {
    release: () => {
      if (held.delete(database)) database.close();
    },
  };
}

/** 0600, so that no other user can take it from us; SQLite itself would make it readable to all. */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!failedWith(error, 'EEXIST')) throw error;
  }
}
