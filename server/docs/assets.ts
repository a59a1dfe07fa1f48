import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const browser = path.join(import.meta.dirname, 'browser');
// By require: vitest runs our tests through a loader without import.meta.resolve.
const require = createRequire(import.meta.url);

/** Everything that the pages load, by the name it is asked for; nothing else is ever sent. */
const files = {
  'viewer.js': require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  'viewer.css': require.resolve('swagger-ui-dist/swagger-ui.css'),
  'start-viewer.js': path.join(browser, 'start-viewer.js'),
  'docs.css': path.join(browser, 'docs.css'),
  'favicon.svg': path.join(browser, 'favicon.svg'),
} as const satisfies Record<string, string>;

export type AssetName = keyof typeof files;

export interface Assets {
  /** Changes with the content of any of them, so that an address means the same bytes for ever. */
  readonly version: string;
  /** The absolute path of an asset; undefined for every other name. */
  fileOf(name: string): string | undefined;
}

/** Reads the assets once, for their version; later they are streamed from disk. */
export function loadAssets(): Assets {
  const hash = createHash('sha256');
  for (const file of Object.values(files)) hash.update(readFileSync(file));
  const byName = new Map<string, string>(Object.entries(files));
  return {
    version: hash.digest('base64url').slice(0, 12),
    fileOf: (name) => byName.get(name),
  };
}
