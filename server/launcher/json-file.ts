import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';

/** Whether a file system call failed with this code, for instance `ENOENT`. */
export function failedWith(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * The content of a JSON file, checked against `schema`; undefined when there is no such file.
 * A file that is not what it should be fails with a sentence that names it, never its content.
 */
export async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // Without the cause: JSON.parse quotes the text it stumbled over, which may be a secret.
    throw new Error(`The file ${file} is damaged: restore it from a backup.`);
  }
}

/** Replaces `file` with `value` as JSON, as `writeFileAtomically` does. */
export function writeJsonAtomically(file: string, value: unknown): Promise<void> {
  return writeFileAtomically(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Replaces `file` with `text`, mode 0600. Whoever reads it, also after a crash or a power failure
 * at any moment, finds the old content or the new one whole.
 */
export async function writeFileAtomically(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes a rename in this folder survive a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
