import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'rolldown';
import { codeFiles, codeVersion } from './code-version.ts';
import { bundleFolder, checkout, manifestName, stampOf, type Manifest } from './locate.ts';

/**
 * `npm ci` ends with this: 1,500 files are joined into a few, for `npm start` to find. Each program by
 * itself, because what the launcher can do (make keys) must not come into the API's process. The API is
 * made of CommonJS: only of that can what V8 has compiled be kept, see load-script.ts.
 */
async function makeBundle(): Promise<void> {
  const manifest: Manifest = {
    checkout,
    code: codeVersion(checkout),
    stamps: Object.fromEntries(codeFiles(checkout).map((file) => [file, stampOf(file) ?? ''])),
  };
  const unfinished = `${bundleFolder}-${process.pid}`;
  try {
    await join('server/launcher/launch.ts', 'esm', path.join(unfinished, 'launcher'));
    await join('server/main.ts', 'cjs', path.join(unfinished, 'api'));
    await join('server/launcher/bundle/run-api.ts', 'cjs', path.join(unfinished, 'api'));
    await writeFile(path.join(unfinished, manifestName), JSON.stringify(manifest));
    await rm(bundleFolder, { recursive: true, force: true });
    await rename(unfinished, bundleFolder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function join(entry: string, format: 'esm' | 'cjs', into: string): Promise<void> {
  const extension = format === 'esm' ? 'mjs' : 'cjs';
  await build({
    cwd: checkout,
    input: entry,
    platform: 'node',
    // Tried by pg where it is installed; nobody installs it here.
    external: ['pg-native'],
    // Nothing asks MikroORM for what it would find by it; ours is replaced before.
    ...(format === 'cjs' && { transform: { define: { 'import.meta': '{}' } } }),
    plugins: [ownPlaces, loadedFromSource, inAscii],
    logLevel: 'warn',
    output: {
      dir: into,
      format,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name]-[hash].${extension}`,
      // Less to read; names stay, for whoever reads a stack.
      minify: { compress: true, mangle: false, codegen: true },
    },
  });
}

/** Files that a source finds beside itself stay where they are. */
const ownPlaces: Plugin = {
  name: 'own-places',
  transform: (code, id) =>
    /^(server|shared)[\\/]/.test(path.relative(checkout, id))
      ? code
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
          .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(id)))
      : null,
};

/** What few starts or requests need: a first start, and characters of other times. */
const loadedFromSource: Plugin = {
  name: 'loaded-from-source',
  resolveId: (id, importer = '') => {
    if (!/^\.\/(prepare-database\.ts|tables\/[\w-]+\.json)$/.test(id)) return null;
    const file = path.resolve(path.dirname(importer), id);
    // Imported as a URL, required as a path.
    return { id: id.endsWith('.ts') ? pathToFileURL(file).href : file, external: 'absolute' };
  },
};

/**
 * One letter that is not ASCII, and Node decodes the whole file in the slow way, and V8 keeps it at two
 * bytes for each: 30 ms. An escape means the same, but after a backslash and in String.raw: a file with
 * such a letter there stays as it is.
 */
const inAscii: Plugin = {
  name: 'in-ascii',
  generateBundle: (_options, bundle) => {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk' || /\\[^\0-\x7f]|String\.raw`[^`]*[^\0-\x7f]/.test(file.code))
        continue;
      file.code = file.code.replaceAll(/[^\0-\x7f]/g, escaped);
    }
  },
};

// By UTF-16 units: the letter may be half of a pair.
const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

try {
  await makeBundle();
} catch (error) {
  // Everything runs from its sources, as it does while they are worked on.
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The code was not bundled, npm start will take longer: ${reason}\n`);
}
