import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startChildren } from '../../server/launcher/children/children.ts';

const run = promisify(execFile);
const pauses = { firstMs: 20, mostMs: 50 };

interface Life {
  readonly IS_UP: 'yes' | 'no';
  readonly STAYS: string;
}

/** Children that live so, by name, and how often each has started. */
async function startAll(lives: Readonly<Record<string, Life>>, pause = pauses) {
  const folder = await mkdtemp(path.join(tmpdir(), 'basekeep-children-'));
  const file = new URL('short-lived.ts', import.meta.url);
  const names = Object.keys(lives);
  const children = startChildren(
    names.map((name) => ({ name, file })),
    pause,
  );
  const envs = names.map((name) => [name, { NOTES: path.join(folder, name), ...lives[name] }]);
  children.tell(Object.fromEntries(envs), true);
  onTestFinished(async () => {
    await children.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const startsOf = async (name: string): Promise<number> =>
    (await readFile(path.join(folder, name), 'utf8').catch(() => '')).length;
  return { children, startsOf };
}

async function startOne(name: string, life: Life, pause = pauses) {
  const { children, startsOf } = await startAll({ [name]: life }, pause);
  return { children, starts: () => startsOf(name) };
}

test('a child that was up once is started again, however young it dies, until one stays', async () => {
  const { children, starts } = await startOne('worker', { IS_UP: 'yes', STAYS: '4' });
  let sentence: string | null = null;
  void children.gaveUp.then((said) => (sentence = said));
  await expect.poll(starts, { timeout: 60_000 }).toBe(4);
  expect(sentence).toBeNull();
}, 70_000);

test('a child that dies before it was ever up ends the installation with a sentence', async () => {
  const { children, starts } = await startOne('API', { IS_UP: 'no', STAYS: '4' });
  expect(await children.gaveUp).toBe('The API process ended right after its start.');
  expect(await starts()).toBe(1);
}, 70_000);

test.each([
  ['while one runs', { STAYS: '2', pauseMs: 20 }],
  ['while one waits to be started again', { STAYS: 'never', pauseMs: 60_000 }],
])(
  'nothing is started any more once children are stopped %s',
  async (_, { STAYS, pauseMs }) => {
    const pause = { firstMs: pauseMs, mostMs: pauseMs };
    const { children, starts } = await startOne('worker', { IS_UP: 'yes', STAYS }, pause);
    await expect.poll(starts, { timeout: 60_000 }).toBe(2);
    await children.stop();
    // One that was started all the same would have noted it before another has been started three times.
    const others = await startOne('worker', { IS_UP: 'yes', STAYS: '3' });
    await expect.poll(others.starts, { timeout: 60_000 }).toBe(3);
    expect(await starts()).toBe(2);
  },
  130_000,
);

test('a child starts when the one before it is up, and all are up then', async () => {
  const stays = { IS_UP: 'yes', STAYS: '1' } as const;
  const { children, startsOf } = await startAll({ API: stays, worker: stays });
  await children.up;
  expect([await startsOf('API'), await startsOf('worker')]).toEqual([1, 1]);
}, 70_000);

test('while a child is not up, the one after it does not start', async () => {
  const { startsOf } = await startAll({
    API: { IS_UP: 'no', STAYS: '1' },
    worker: { IS_UP: 'yes', STAYS: '1' },
  });
  await expect.poll(() => startsOf('API'), { timeout: 60_000 }).toBe(1);
  // A process is there as soon as it was spawned, whatever it has come to yet.
  const { stdout } = await run('ps', ['-o', 'args', '--ppid', String(process.pid)]);
  expect(stdout.split('\n').filter((line) => line.includes('short-lived.ts'))).toHaveLength(1);
}, 70_000);
