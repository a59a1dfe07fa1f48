import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Changes with any file of the API and the launcher and with what they depend on: 64 hexadecimal
 * digits, the same wherever the code is installed. Reads 1.3 MB, because times and sizes of files do
 * not tell: archives and images give all files the same time.
 */
export function codeVersion(root: string): string {
  const hash = createHash('sha256');
  for (const file of codeFiles(root)) {
    const content = readFileSync(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Their paths in the checkout, always in the same order. */
export const codeFiles = (root: string): string[] => [
  'package-lock.json',
  ...filesBelow(root, 'server'),
  ...filesBelow(root, 'shared'),
];

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}
