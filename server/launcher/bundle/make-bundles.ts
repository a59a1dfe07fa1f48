/**
 * Makes the bundles of the API and the launcher in the folder that is its argument, whole or not at all,
 * and takes away all but the newest. Does nothing where rolldown is not installed, which is a
 * development dependency: then the sources are run, every time.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';
import { inheritedEnv } from '../../../shared/env.ts';
import { syncFolder } from '../json-file.ts';
import { bundled, bundleFile, type Bundled } from './bundle.ts';

/** States of the code whose bundles stay: 8 MB each. */
const kept = 5;

/** What is rarely run, and then as it stands: migrations go by the names of their classes. */
const leftOut = /\/prepare-database\.ts$/;

/** Modules go on seeing the place of their source, where what they look for beside them is. */
const placed: Plugin = {
  name: 'placed',
  async resolveId(source, importer) {
    if (!leftOut.test(source) || importer === undefined) return null;
    const file = path.resolve(path.dirname(importer), source);
    return { id: pathToFileURL(file).href, external: 'absolute' };
  },
  transform(code, id) {
    if (!path.isAbsolute(id) || !code.includes('import.meta.')) return null;
    return code
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(id)));
  },
};

async function make(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown');
  for (const name of ['api', 'launcher'] satisfies Bundled[]) {
    const input = { [name]: fileURLToPath(bundled[name]) };
    const build = await rolldown({
      input,
      platform: 'node',
      plugins: [placed],
      logLevel: 'silent',
    });
    // Names of classes are told in logs.
    await build.write({ dir: path.join(folder, name), format: 'esm', keepNames: true });
    await build.close();
  }
}

/** Whether all of both loads: the API, which is told nothing, says what is missing and ends. */
async function areSound(folder: string): Promise<boolean> {
  const launcher: unknown = await import(bundleFile('launcher', folder).href);
  const said = await new Promise<string>((resolve) => {
    const file = fileURLToPath(bundleFile('api', folder));
    execFile(process.execPath, [file], { env: inheritedEnv() }, (_error, _out, err) =>
      resolve(err),
    );
  });
  const isLauncher = typeof launcher === 'object' && launcher !== null && 'launch' in launcher;
  return isLauncher && said.startsWith('The environment variable DATABASE_URL');
}

/** A power failure soon after must not leave short files under a name that says they are whole. */
async function syncFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await syncFolder(path.join(entry.parentPath, entry.name));
  }
}

async function makeBundles(folder: string): Promise<void> {
  const home = path.dirname(folder);
  const unfinished = path.join(home, `new-${randomBytes(6).toString('hex')}`);
  await mkdir(home, { recursive: true });
  try {
    await make(unfinished);
    if (!(await areSound(unfinished))) return;
    await syncFiles(unfinished);
    await rename(unfinished, folder);
    await syncFolder(home);
    // Once more, for Node to keep what it compiles: it goes by the names of files.
    await areSound(folder);
    await removeOldest(home);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Older code may still be running, and loads some of its files late. */
async function removeOldest(home: string): Promise<void> {
  const all = await Promise.all(
    (await readdir(home)).map(async (name) => {
      const folder = path.join(home, name);
      return { folder, madeAtMs: (await stat(folder)).mtimeMs };
    }),
  );
  const newestFirst = all.sort((a, b) => b.madeAtMs - a.madeAtMs);
  for (const { folder } of newestFirst.slice(kept)) {
    await rm(folder, { recursive: true, force: true });
  }
}

// Whoever waits for a start comes first.
setPriority(constants.priority.PRIORITY_LOW);
// A folder that cannot be written, a bundler that is not there: the next start is as slow as this one.
await makeBundles(process.argv[2] ?? '').catch(() => undefined);
