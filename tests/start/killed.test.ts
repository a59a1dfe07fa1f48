import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';

const run = promisify(execFile);
const entry = fileURLToPath(new URL('../../server/launcher/start.ts', import.meta.url));
let folder = '';
const launchers: ChildProcess[] = [];

beforeAll(async () => {
  folder = await makePostgresFolder();
});
afterAll(async () => {
  for (const launcher of launchers) launcher.kill('SIGTERM');
  await until(async () => (await processes()).length === 0);
  await removePostgresFolder(folder);
});

test('a launcher that is killed takes its processes along, and the next start works', async () => {
  const first = await start();
  expect((await processes()).length).toBeGreaterThanOrEqual(2);
  first.kill('SIGKILL');
  await until(async () => (await processes()).length === 0);
  const second = await start();
  const ended = once(second, 'exit');
  // As npm does it: the signal of the terminal's group, and npm's own on top.
  second.kill('SIGTERM');
  await delay(20);
  second.kill('SIGTERM');
  second.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(await run('ps', ['-eo', 'args']).then(({ stdout }) => stdout)).not.toContain(folder);
  expect(await processes()).toEqual([]);
}, 200_000);

async function start(): Promise<ChildProcess> {
  const env = {
    ...inheritedEnv(),
    BASEKEEP_DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
  };
  // With a group of its own, by which its processes are known.
  const launcher = spawn(process.execPath, [entry], { env, detached: true });
  launchers.push(launcher);
  let said = '';
  launcher.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => Promise.resolve(said.includes('Basekeep is running')));
  return launcher;
}

/** The processes of the API and the worker that these launchers have started, orphans of one too. */
async function processes(): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pgid,args', '-ww']);
  const groups = launchers.map(({ pid }) => pid);
  return stdout
    .split('\n')
    .filter((line) => /(server|workers)\/main\.ts|run-api\.cjs/.test(line))
    .filter((line) => groups.includes(Number.parseInt(line)));
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 80_000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error('not within 80 s');
    await delay(100);
  }
}
