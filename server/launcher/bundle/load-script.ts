import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, getCompileCacheDir } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { crc32 } from 'node:zlib';

// The start is over by then, and V8 has not yet thrown away what only the start has called.
const keepAfterMs = 5_000;

/**
 * Runs a bundled program: CommonJS files of one folder. Where Node has a compile cache (its
 * NODE_COMPILE_CACHE) it is ours that is used, in the same folder. Node's keeps what V8 has compiled before
 * the first line runs; what the start calls would be compiled anew each time, a fifth of it. Ours keeps what
 * there is after the first start.
 */
export function loadScript(entry: string): void {
  const folder = path.dirname(entry);
  const modules = new Map<string, { exports: object }>();
  const uncached = new Map<string, Compiled>();

  const load = (file: string): object => {
    const known = modules.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const compiled = compile(file);
    if (!compiled.isCached) uncached.set(file, compiled);
    const ofNode = createRequire(file);
    const require = (id: string): unknown =>
      id.startsWith('./') ? load(path.join(folder, id)) : ofNode(id);
    const run = compiled.script.runInThisContext() as (...given: unknown[]) => void;
    try {
      run.call(module.exports, module.exports, require, module, file, folder);
    } catch (error) {
      // As Node does it: whoever asks again has it run again.
      modules.delete(file);
      throw error;
    }
    return module.exports;
  };
  load(entry);

  const keep = (): void => {
    for (const [file, compiled] of uncached) keepCompiled(file, compiled);
    uncached.clear();
  };
  setTimeout(keep, keepAfterMs).unref();
  process.once('exit', keep);
}

interface Compiled {
  readonly script: vm.Script;
  readonly source: Buffer;
  readonly isCached: boolean;
}

function compile(file: string): Compiled {
  const source = readFileSync(file);
  const cachedData = readKept(file, source);
  const script = new vm.Script(wrapped(source), {
    filename: file,
    ...(cachedData && { cachedData }),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return { script, source, isCached: cachedData !== null && script.cachedDataRejected === false };
}

/** Each of its lines keeps its number. */
const wrapped = (source: Buffer): string =>
  `(function (exports, require, module, __filename, __dirname) {'use strict';${source.toString()}\n})`;

/*
 * A file: what `stampOf` says of the rest, then what V8 gave. V8 itself tells sources apart by their
 * length alone, and does not look whether what it gave has come back whole.
 */
const stampBytes = 8;

function readKept(file: string, source: Buffer): Buffer | null {
  const place = placeOf(file);
  if (place === null) return null;
  try {
    const kept = readFileSync(place);
    const data = kept.subarray(stampBytes);
    return kept.subarray(0, stampBytes).equals(stampOf(source, data)) ? data : null;
  } catch {
    return null;
  }
}

/** A folder that cannot be written to costs time at each start, and nothing else. */
function keepCompiled(file: string, { script, source }: Compiled): void {
  const place = placeOf(file);
  if (place === null) return;
  try {
    const data = script.createCachedData();
    const unfinished = `${place}-${process.pid}`;
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(unfinished, Buffer.concat([stampOf(source, data), data]), { mode: 0o600 });
    renameSync(unfinished, place);
  } catch {
    // Compiled again next time.
  }
}

function stampOf(source: Buffer, data: Buffer): Buffer {
  const stamp = Buffer.alloc(stampBytes);
  stamp.writeUInt32LE(crc32(source), 0);
  stamp.writeUInt32LE(crc32(data), 4);
  return stamp;
}

/** Node's folder is of one version of Node with one set of options; null where it has none. */
function placeOf(file: string): string | null {
  const folder = getCompileCacheDir();
  return folder === undefined ? null : path.join(folder, `${path.basename(file)}.compiled`);
}
