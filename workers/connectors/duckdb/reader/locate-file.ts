import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { ConnectionFailureCode } from '../../../../shared/failures/connection-failures.ts';
import { isDatabaseFileName } from '../../../../shared/database-file.ts';
import { ConnectionFailure } from '../../connector.ts';

// DuckDB 1.5 writes ahead into these, and reads them when it opens the file.
const suffixes = ['.wal', '.wal.checkpoint', '.wal.recovery'];

// Source: DuckDB, "Storage versions and format": the main header begins with a checksum of 8 bytes.
const magic = 'DUCK';
const magicAt = 8;

/**
 * The real path of a DuckDB database below `root`. Throws ConnectionFailure: FILES_NOT_CONFIGURED,
 * FILE_NOT_ALLOWED for a name or a symbolic link that leads elsewhere and for what is no regular
 * file, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_CORRUPT for a file that is no DuckDB database.
 */
export async function locateFile(root: string | null, name: string): Promise<string> {
  if (root === null) throw new ConnectionFailure('FILES_NOT_CONFIGURED');
  if (!isDatabaseFileName(name)) throw new ConnectionFailure('FILE_NOT_ALLOWED');
  const folder = await realpath(root).catch(() => {
    throw new ConnectionFailure('FILES_NOT_CONFIGURED');
  });
  try {
    const file = await realpath(path.join(folder, name));
    if (!file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)) {
      throw new ConnectionFailure('FILE_NOT_ALLOWED');
    }
    await assertDatabase(file);
    await Promise.all(suffixes.map((suffix) => assertNothingElse(file + suffix)));
    return file;
  } catch (error) {
    throw fileFailure(error);
  }
}

/**
 * The engine decides by a file's first bytes and its ending what it is, and would read a text file
 * or ask for an extension; it never gets to see what is no database of its own.
 */
async function assertDatabase(file: string): Promise<void> {
  // Before it is opened: to open some devices is to use them.
  if (!(await lstat(file)).isFile()) throw new ConnectionFailure('FILE_NOT_ALLOWED');
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new ConnectionFailure('FILE_NOT_ALLOWED');
    const { buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, magicAt);
    if (buffer.toString('latin1') !== magic) throw new ConnectionFailure('FILE_CORRUPT');
  } finally {
    await handle.close();
  }
}

/** What the engine opens by itself must lie beside the file and be a file, if it is there at all. */
async function assertNothingElse(beside: string): Promise<void> {
  const stats = await lstat(beside).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (stats && !stats.isFile()) throw new ConnectionFailure('FILE_NOT_ALLOWED');
}

const byCode: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  ENOENT: 'FILE_NOT_FOUND',
  ENOTDIR: 'FILE_NOT_FOUND',
  ENAMETOOLONG: 'FILE_NOT_FOUND',
  ELOOP: 'FILE_NOT_ALLOWED',
  // Of a socket, which lstat has told apart unless it was put there meanwhile.
  ENXIO: 'FILE_NOT_ALLOWED',
};

/** What the operating system's error means for somebody who named a file. */
function fileFailure(error: unknown): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  return new ConnectionFailure(byCode[codeOf(error)] ?? 'FILE_UNREADABLE');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
