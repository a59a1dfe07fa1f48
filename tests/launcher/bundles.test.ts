import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { bundled, bundlesOf, fileOf } from '../../server/launcher/bundle/bundle.ts';
import { documentOf } from '../../server/rest/document.ts';
import { operationsOf } from '../../server/rest/routes.ts';
import { publicSurface } from '../../server/rest/surfaces/public.ts';
import { useEmptyDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';

const run = promisify(execFile);
const entry = fileURLToPath(new URL('../../server/launcher/start.ts', import.meta.url));
const maker = fileURLToPath(
  new URL('../../server/launcher/bundle/make-bundles.ts', import.meta.url),
);
const database = useEmptyDatabase('bundled');
const launchers: ChildProcess[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'basekeep-bundles-'));
});
afterAll(async () => {
  for (const launcher of launchers) await stop(launcher);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('the first start makes bundles beside its work, and the second one runs them', async () => {
  const first = await start();
  expect(await fileOfTheApi()).toMatch(/server\/main\.ts$/);
  await expect.poll(bundlesMade, { timeout: 120_000, interval: 200 }).toHaveLength(1);
  await stop(first.launcher);

  const second = await start();
  expect(await fileOfTheApi()).toMatch(/\/api\/api\.js$/);
  const kept = await readFile(path.join(folder, 'data/first-run.json'), 'utf8');
  const { apiKey } = z.object({ apiKey: z.string() }).parse(JSON.parse(kept));
  const list = await fetch(`${second.url}/api/public/organizations`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(await list.json()).toMatchObject({ data: [{ name: 'My organization' }] });
  // Both are made of what loads at the first request only, and of files beside the sources.
  const document = await fetch(`${second.url}/api/public/openapi`);
  const ofSource = documentOf(publicSurface, operationsOf(publicSurface));
  expect(await document.json()).toEqual(JSON.parse(JSON.stringify(ofSource)));
  expect(await fetch(`${second.url}/docs/public`).then(({ status }) => status)).toBe(200);
  await stop(second.launcher);
  expect(await bundlesMade(), 'nothing is made twice').toHaveLength(1);
}, 240_000);

test('without a folder for compiled code there are no bundles, and sources are run', () => {
  expect(bundlesOf('a', undefined)).toBeNull();
  expect(fileOf('api', null)).toBe(bundled.api);
  const missing = bundlesOf('a', path.join(folder, 'missing'));
  expect(missing).toMatchObject({ exist: false });
  expect(fileOf('launcher', missing)).toBe(bundled.launcher);
});

test('bundles that cannot be written are no failure', async () => {
  const file = path.join(folder, 'a-file');
  await writeFile(file, '');
  expect(await run(process.execPath, [maker, path.join(file, 'bundles')])).toMatchObject({
    stdout: '',
    stderr: '',
  });
});

const compiled = (): string => path.join(folder, 'compiled');

async function start(): Promise<{ launcher: ChildProcess; url: string }> {
  const port = await freePort();
  const launcher = spawn(process.execPath, [entry], {
    env: {
      PATH: process.env['PATH'],
      BASEKEEP_DATA_DIR: path.join(folder, 'data'),
      DATABASE_URL: database.url,
      PORT: String(port),
      LOG_LEVEL: 'error',
      NODE_COMPILE_CACHE: compiled(),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  launchers.push(launcher);
  let said = '';
  launcher.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, { timeout: 90_000 }).toContain('Basekeep is running');
  return { launcher, url: `http://127.0.0.1:${port}` };
}

async function stop(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const ended = once(launcher, 'exit');
  launcher.kill('SIGTERM');
  await ended;
}

/** The file that the API's process of this folder runs, by the key file in its environment. */
async function fileOfTheApi(): Promise<string | undefined> {
  const { stdout } = await run('ps', ['-eo', 'args', 'e', '-ww']);
  const line = stdout
    .split('\n')
    .find((text) => text.includes(`${folder}/data/keys`) && text.includes('API_SECRET_FILE='));
  return line?.split(/\s+/)[1];
}

/** Finished ones: they lie below a folder that Node names after itself and the user. */
async function bundlesMade(): Promise<string[]> {
  const all = await readdir(compiled(), { recursive: true });
  return all.filter((name) => /bundles\/[0-9a-f]{64}$/.test(name));
}
