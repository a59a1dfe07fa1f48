import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startChildren } from '../../server/launcher/children.ts';
import { inheritedEnv } from '../../shared/env.ts';

const pauses = { firstMs: 20, mostMs: 50 };

async function startOne(name: string, env: { IS_UP: 'yes' | 'no'; STAYS: string }, pause = pauses) {
  const folder = await mkdtemp(path.join(tmpdir(), 'basekeep-children-'));
  const notes = path.join(folder, 'notes');
  const file = new URL('short-lived.ts', import.meta.url);
  const children = startChildren(
    [{ name, file, env: { ...inheritedEnv(), NOTES: notes, ...env } }],
    pause,
  );
  onTestFinished(async () => {
    await children.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const starts = async (): Promise<number> =>
    (await readFile(notes, 'utf8').catch(() => '')).length;
  return { children, starts };
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
