import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { startChildren } from '../../server/launcher/children/children.ts';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import type { Handed } from '../../shared/channel.ts';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { makeKeyFolder } from '../support/processes/processes.ts';

const database = useDatabase();
/** One pair for all: a database takes no other once it has seen one. */
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
beforeAll(async () => {
  keys = await makeKeyFolder();
});
afterAll(() => keys.remove());

const api = new URL('../../server/main.ts', import.meta.url);
const Health = z.object({ status: z.string(), database: z.string(), queue: z.string() });

test('an API that is told early where its database is leaves it alone until it is told that it is open', async () => {
  const env = await apiEnv();
  const children = startChildren([{ name: 'API', file: api }]);
  onTestFinished(() => children.stop());

  children.tell({ API: env }, false);
  const url = `http://127.0.0.1:${env.PORT}`;
  while (!(await isListening(url))) await delay(20);
  for (let time = 0; time < 5; time += 1) {
    expect(await healthOf(url)).toEqual([
      503,
      { status: 'unavailable', database: 'down', queue: 'down' },
    ]);
    expect((await fetch(`${url}/api/public/organizations`)).status).toBe(503);
    await delay(50);
  }
  expect(await connections()).toBe(0);

  children.tell({ API: env }, true);
  await children.up;
  expect(await healthOf(url)).toEqual([200, { status: 'ok', database: 'up', queue: 'up' }]);
  expect(await connections()).toBeGreaterThan(0);
}, 60_000);

test.each([
  ['not open yet', false],
  ['open', true],
])(
  'an API whose launcher is gone when it was told, the database %s, leaves',
  async (_, isOpen) => {
    const handed: Handed = { env: await apiEnv(), isOpen };
    const child = spawn(process.execPath, [fileURLToPath(api)], {
      env: inheritedEnv(),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    await new Promise((sent) => child.send(handed, sent));
    child.disconnect();
    expect(await ended).toEqual([0, null]);
  },
  60_000,
);

test('a child whose launcher is gone before its code is loaded leaves without a word', async () => {
  // Loading of many files takes turns with the channel.
  const loaded = `await new Promise((go) => process.once('disconnect', () => setTimeout(go, 10)));`;
  const { child, ended } = askForEnv(loaded, {});
  child.disconnect();
  expect(await ended).toEqual({ code: 0, said: '' });
}, 60_000);

test('who opens a channel without being the launcher gives the environment as everybody does', async () => {
  const { ended } = askForEnv('', { DATABASE_URL: 'postgres://elsewhere' });
  expect(await ended).toEqual({ code: 0, said: 'postgres://elsewhere' });
}, 60_000);

/** A process with a channel that asks for its environment after `first`, and says where its database is. */
function askForEnv(first: string, env: Record<string, string>) {
  const module = new URL('../../shared/channel.ts', import.meta.url).href;
  const script = `${first}
    const { source } = await (await import('${module}')).wholeEnv();
    process.stdout.write(source.DATABASE_URL ?? 'nowhere');
    process.disconnect();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = Promise.all([once(child, 'exit'), once(child.stdout ?? child, 'end')]).then(
    ([[code]]) => ({ code: z.number().parse(code), said }),
  );
  return { child, ended };
}

/** What an API is told: a database, whose keys these are, and a port of its own. */
async function apiEnv() {
  return {
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    PORT: String(await freePort()),
    VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
    TOKEN_SIGNING_KEY_FILE: keys.tokenSigningKey,
    API_SECRET_FILE: keys.apiSecret,
  };
}

const isListening = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );

async function healthOf(url: string): Promise<[number, z.infer<typeof Health>]> {
  const response = await fetch(`${url}/api/healthz`);
  return [response.status, Health.parse(await response.json())];
}

/** How many others are connected to the database. */
async function connections(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  return rows[0]?.count ?? 0;
}
