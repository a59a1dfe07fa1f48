import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder of the repository. */
export const checkout = path.resolve(import.meta.dirname, '../../..');

/** Holds the bundle: each program with all that it imports, and a manifest of what they were made from. */
export const bundleFolder = path.join(checkout, 'node_modules/.cache/basekeep/bundle');

/** What a start loads, and what it loads instead where there is a bundle. */
const bundledNames = {
  'server/launcher/launch.ts': 'launcher/launch.mjs',
  'server/main.ts': 'api/run-api.cjs',
} as const;
type Entry = keyof typeof bundledNames;

/** The API itself, which `run-api.cjs` runs. */
export const apiScript = path.join(bundleFolder, 'api/main.cjs');

export interface Manifest {
  /** Where it was made: it has paths in it. */
  readonly checkout: string;
  /** `codeVersion` of what it was made from. */
  readonly code: string;
  /** The stamp of each file of that, by its path in the checkout. */
  readonly stamps: Readonly<Record<string, string>>;
}

export const manifestName = 'manifest.json';

/** Another one after any change of a file, as for git's index; undefined when there is no such file. */
export function stampOf(file: string): string | undefined {
  const stats = lstatSync(`${checkout}/${file}`, { throwIfNoEntry: false });
  return stats && `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`;
}

export type Locate = (entry: Entry) => URL;

/**
 * The version of the code, and where its entries are to be loaded from: the bundle of exactly this code,
 * which loads in a third of the time, or their sources without one.
 */
export async function locate(): Promise<{ readonly code: string; readonly at: Locate }> {
  const manifest = readManifest();
  if (manifest && Object.entries(manifest.stamps).every(([file, stamp]) => stampOf(file) === stamp))
    return { code: manifest.code, at: bundled };
  // Touched, or changed: the content tells.
  const { codeVersion } = await import('./code-version.ts');
  const code = codeVersion(checkout);
  return { code, at: manifest?.code === code ? bundled : source };
}

/** Undefined where there is no bundle, or none that can be used here. */
function readManifest(): Manifest | undefined {
  try {
    const text = readFileSync(path.join(bundleFolder, manifestName), 'utf8');
    const manifest = JSON.parse(text) as Manifest;
    return manifest.checkout === checkout ? manifest : undefined;
  } catch {
    return undefined;
  }
}

const bundled: Locate = (entry) => pathToFileURL(path.join(bundleFolder, bundledNames[entry]));
const source: Locate = (entry) => pathToFileURL(path.join(checkout, entry));
