import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, getCompileCacheDir } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { crc32 } from 'node:zlib';

// The start is over by then, and V8 has not yet thrown away what only the start has called.
const wholeAfterMs = 5_000;

/**
 * Runs a bundled program: CommonJS files of one folder. Where Node has a compile cache (its
 * NODE_COMPILE_CACHE) it is ours that is used, in the same folder. Node's keeps what V8 has compiled before
 * the first line runs; what the start calls would be compiled anew each time, a fifth of it. Ours keeps what
 * there is when the program has run for 5 s. What one has that ended before is used as well, and replaced.
 */
export function loadScript(entry: string): void {
  const folder = path.dirname(entry);
  const modules = new Map<string, { exports: object }>();
  const unkept = new Map<string, Compiled>();

  const load = (file: string): object => {
    const known = modules.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const compiled = compile(file);
    if (!compiled.isKept) unkept.set(file, compiled);
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
    for (const [file, compiled] of unkept) keepCompiled(file, compiled);
    unkept.clear();
  };
  setTimeout(keep, wholeAfterMs).unref();
  process.once('exit', keep);
}

interface Compiled {
  readonly script: vm.Script;
  readonly source: Buffer;
  /** By `performance.now()`. */
  readonly compiledAt: number;
  /** Whether what was kept of it can stay. */
  readonly isKept: boolean;
}

function compile(file: string): Compiled {
  const source = readFileSync(file);
  const kept = readKept(file, source);
  const script = new vm.Script(wrapped(source), {
    filename: file,
    ...(kept && { cachedData: kept.data }),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const isKept = kept?.isWhole === true && script.cachedDataRejected === false;
  return { script, source, compiledAt: performance.now(), isKept };
}

/** Each of its lines keeps its number. */
const wrapped = (source: Buffer): string =>
  `(function (exports, require, module, __filename, __dirname) {'use strict';${source.toString()}\n})`;

/*
 * A file: the CRC-32 of the source and of what V8 gave, whether that is whole, and what V8 gave. V8 itself
 * tells sources apart by their length alone, and does not look whether what it gave has come back as it was.
 */
const headBytes = 9;

function readKept(file: string, source: Buffer): { data: Buffer; isWhole: boolean } | null {
  const place = placeOf(file);
  if (place === null) return null;
  try {
    const kept = readFileSync(place);
    const data = kept.subarray(headBytes);
    const isWhole = kept.readUInt8(headBytes - 1) === 1;
    return kept.subarray(0, headBytes).equals(headOf(source, data, isWhole))
      ? { data, isWhole }
      : null;
  } catch {
    return null;
  }
}

/** A folder that cannot be written to costs time at each start, and nothing else. */
function keepCompiled(file: string, { script, source, compiledAt }: Compiled): void {
  const place = placeOf(file);
  if (place === null) return;
  try {
    const data = script.createCachedData();
    const unfinished = `${place}-${process.pid}`;
    mkdirSync(path.dirname(place), { recursive: true });
    const isWhole = performance.now() - compiledAt >= wholeAfterMs;
    writeFileSync(unfinished, Buffer.concat([headOf(source, data, isWhole), data]), {
      mode: 0o600,
    });
    renameSync(unfinished, place);
  } catch {
    // Compiled again next time.
  }
}

function headOf(source: Buffer, data: Buffer, isWhole: boolean): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(crc32(source), 0);
  head.writeUInt32LE(crc32(data), 4);
  head.writeUInt8(isWhole ? 1 : 0, headBytes - 1);
  return head;
}

/** Node's folder is of one version of Node with one set of options; null where it has none. */
function placeOf(file: string): string | null {
  const folder = getCompileCacheDir();
  return folder === undefined ? null : path.join(folder, `${path.basename(file)}.compiled`);
}
