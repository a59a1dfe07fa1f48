import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createOrm } from '../../shared/db/orm.ts';
import { codeVersion } from '../../server/launcher/bundle/code-version.ts';
import { firstRun } from '../../server/launcher/first-run.ts';
import { isPrepared, notePrepared } from '../../server/launcher/prepared.ts';
import { useDatabase, useEmptyDatabase } from '../support/database.ts';

const database = useDatabase();
const empty = useEmptyDatabase('empty');

test('a database is prepared for the code that prepared it and gave it an owner', async () => {
  expect(await isPrepared(database.url, 'a')).toBe(false);
  await notePrepared(database.url, 'a');
  expect(await isPrepared(database.url, 'a'), 'without an owner').toBe(false);
  await makeOwner(database.url);
  expect(await isPrepared(database.url, 'a')).toBe(true);
  expect(await isPrepared(database.url, 'b'), 'to other code').toBe(false);
  await notePrepared(database.url, 'b');
  expect([await isPrepared(database.url, 'a'), await isPrepared(database.url, 'b')]).toEqual([
    false,
    true,
  ]);
});

test('what cannot be known is not prepared: an empty database, no database', async () => {
  expect(await isPrepared(empty.url, 'a')).toBe(false);
  const missing = new URL(empty.url);
  missing.pathname = '/nothing_of_that_name';
  expect(await isPrepared(missing.href, 'a')).toBe(false);
});

test('code is another one when a file is changed, added, moved or gone, whatever its time says', async () => {
  const root = await useCode();
  const versions = [codeVersion(root)];
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    await work();
    await setTimes(root);
    versions.push(codeVersion(root));
  };
  await change(() => writeFile(path.join(root, 'server/main.ts'), 'two'));
  await change(() => writeFile(path.join(root, 'shared/deep/er/orm.ts'), 'x'));
  await change(() => rm(path.join(root, 'shared/deep/er/orm.ts')));
  await change(() => writeFile(path.join(root, 'shared/deep/orm.ts'), 'x'));
  await change(() => writeFile(path.join(root, 'package-lock.json'), '{}'));
  // The third is the second undone.
  expect(new Set(versions).size).toBe(versions.length - 1);
  expect(versions[3]).toBe(versions[1]);
  expect(codeVersion(root)).toBe(versions.at(-1));
});

/** A little code, all of it of one length and one time. */
async function useCode(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'basekeep-code-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const folder of ['server', 'shared/deep/er']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await writeFile(path.join(root, 'server/main.ts'), 'one');
  await writeFile(path.join(root, 'package-lock.json'), '[]');
  await setTimes(root);
  return root;
}

async function setTimes(root: string): Promise<void> {
  for (const file of ['server/main.ts', 'package-lock.json']) {
    await utimes(path.join(root, file), 1_000, 1_000);
  }
}

async function makeOwner(databaseUrl: string): Promise<void> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  try {
    const owner = { email: 'owner@example.com', password: 'correct horse battery' };
    await firstRun(orm.em.fork(), { ...owner, announce: () => Promise.resolve() });
  } finally {
    await orm.close(true);
  }
}
