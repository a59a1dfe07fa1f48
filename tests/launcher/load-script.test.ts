import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

/* Programs of a few lines, each run by a Node of its own, as the bundle is. */

const run = promisify(execFile);
const loader = new URL('../../server/launcher/bundle/load-script.ts', import.meta.url).href;

let home: string;
let program: string;
let cache: string;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'basekeep-script-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(async () => {
  program = await mkdtemp(path.join(home, 'program-'));
  cache = path.join(program, 'cache');
  await write('main.cjs', "const { word } = require('./part.cjs'); console.log(word());");
  await write('part.cjs', "exports.word = () => 'first';");
});

const write = (name: string, text: string): Promise<void> =>
  writeFile(path.join(program, name), text);

/** `lastsMs` is how long the program believes to have run. */
async function start(
  env: Record<string, string> = { NODE_COMPILE_CACHE: cache },
  lastsMs = 5_000,
): Promise<string> {
  const text = `const { loadScript } = await import('${loader}');
    const now = performance.now.bind(performance);
    process.prependListener('exit', () => { performance.now = () => now() + ${lastsMs}; });
    loadScript('${path.join(program, 'main.cjs')}');`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', text], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: program,
  });
  return stdout.trim();
}

/** What was kept, by the name of the file it was compiled of. */
async function kept(): Promise<Record<string, string>> {
  const files = await readdir(cache, { recursive: true });
  return Object.fromEntries(
    files
      .filter((file) => file.endsWith('.compiled'))
      .map((file) => [path.basename(file, '.compiled'), path.join(cache, file)]),
  );
}

/** Gives what was kept another time, which it has until it is written anew. */
async function age(file: string): Promise<() => Promise<boolean>> {
  const then = new Date('2026-01-01T00:00:00Z');
  await utimes(file, then, then);
  return async () => (await stat(file)).mtimeMs === then.getTime();
}

test('a program runs alike the first time, from what was kept, and where nothing is kept', async () => {
  expect(await start({})).toBe('first');
  expect((await readdir(program)).sort()).toEqual(['main.cjs', 'part.cjs']);
  expect(await start()).toBe('first');
  const { 'main.cjs': main = '', 'part.cjs': part = '' } = await kept();
  const isMainLeft = await age(main);
  const isPartLeft = await age(part);
  expect(await start()).toBe('first');
  expect(await Promise.all([isMainLeft(), isPartLeft()])).toEqual([true, true]);
});

test('what V8 compiled while the program ran is kept too', async () => {
  const idle = Array.from(
    { length: 200 },
    (_, at) => `const f${at} = () => { return ${at} * 2; };`,
  );
  const calls = Array.from({ length: 200 }, (_, at) => `f${at}()`).join(' + ');
  await write('main.cjs', `${idle.join('\n')}\nconsole.log(1);`);
  await start();
  const small = (await stat((await kept())['main.cjs'] ?? '')).size;
  await write('main.cjs', `${idle.join('\n')}\nconsole.log(${calls});`);
  await start();
  expect((await stat((await kept())['main.cjs'] ?? '')).size).toBeGreaterThan(2 * small);
});

test('what a program has that soon ended is replaced by the next one', async () => {
  await write('main.cjs', "const late = () => console.log('late'); console.log(typeof late);");
  await start(undefined, 0);
  const { 'main.cjs': main = '' } = await kept();
  const isLeft = await age(main);
  await start();
  expect(await isLeft()).toBe(false);
  const isLeftNow = await age(main);
  await start();
  await start(undefined, 0);
  expect(await isLeftNow()).toBe(true);
});

test('a source that has changed is compiled anew, of the same length too', async () => {
  await start();
  await write('part.cjs', "exports.word = () => 'other';");
  expect(await start()).toBe('other');
  expect(await start()).toBe('other');
});

test.each([
  ['cut short', (data: Buffer) => data.subarray(0, data.length / 2)],
  ['empty', () => Buffer.alloc(0)],
  [
    'changed in one bit',
    (data: Buffer) => {
      data.writeUInt8(data.readUInt8(data.length - 100) ^ 1, data.length - 100);
      return data;
    },
  ],
])('what was kept and is %s is not used, and made again', async (_, spoil) => {
  await start();
  const { 'part.cjs': part = '' } = await kept();
  await writeFile(part, spoil(await readFile(part)));
  const isLeft = await age(part);
  expect(await start()).toBe('first');
  expect(await isLeft()).toBe(false);
  const isLeftNow = await age(part);
  expect(await start()).toBe('first');
  expect(await isLeftNow()).toBe(true);
});

test('a folder that cannot be written to keeps nobody from running', async () => {
  await mkdir(cache);
  await write('cache/file', '');
  expect(await start({ NODE_COMPILE_CACHE: path.join(cache, 'file') })).toBe('first');
});

test('parts are loaded once, by import() too, and again after one that failed', async () => {
  await write(
    'main.cjs',
    `const load = () => Promise.resolve().then(() => require('./late.cjs'));
     load().catch(({ message }) => message).then(async (first) => {
       const [second, third] = await Promise.all([load(), load()]);
       console.log(first, second.times, second === third, (await import('node:os')).EOL === '\\n');
     });`,
  );
  await write(
    'late.cjs',
    `globalThis.times = (globalThis.times ?? 0) + 1;
     if (globalThis.times === 1) throw new Error('not yet');
     exports.times = globalThis.times;`,
  );
  expect(await start()).toBe('not yet 2 true true');
  expect(await start()).toBe('not yet 2 true true');
});
