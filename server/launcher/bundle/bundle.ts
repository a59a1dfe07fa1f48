import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is bundled: hundreds of modules in a few files, which load in a third of the time. */
export const bundled = {
  api: new URL('../../main.ts', import.meta.url),
  launcher: new URL('../launch.ts', import.meta.url),
} as const;

export type Bundled = keyof typeof bundled;

/** The bundles of one state of the code. */
export interface Bundles {
  readonly folder: string;
  readonly exist: boolean;
}

/**
 * Where the bundles of this code lie or are to be made: below the folder that Node keeps compiled code
 * in, one for each Node and user. Null without such a folder, as everywhere but under `npm start`.
 */
export function bundlesOf(version: string, compiled: string | undefined): Bundles | null {
  if (compiled === undefined) return null;
  const folder = path.join(compiled, 'bundles', version);
  return { folder, exist: existsSync(folder) };
}

/** The file to run: the bundle where there is one, else the source. */
export function fileOf(name: Bundled, bundles: Bundles | null): URL {
  return bundles?.exist ? bundleFile(name, bundles.folder) : bundled[name];
}

export const bundleFile = (name: Bundled, folder: string): URL =>
  pathToFileURL(path.join(folder, name, `${name}.js`));
