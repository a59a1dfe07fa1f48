import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startChildren } from '../../server/launcher/children/children.ts';
import type { ProgramName } from '../../server/launcher/children/programs.ts';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { envsOf } from '../../server/launcher/children/envs.ts';
import { readEnv } from '../../shared/env.ts';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';
import { makeKeyFolder, run, type Running } from '../support/processes/processes.ts';

// C4 of the security programme, for what `npm start` gives to its children; what the API's code
// could do with it is tests/architecture/api-opens-nothing.test.ts.

const Told = z.record(z.string(), z.string());

const secrets = {
  VAULT_PRIVATE_KEY_FILE: '/keys/of-somebody-else/canary',
  BASEKEEP_OWNER_PASSWORD: 'the password of the owner',
  PGPASSWORD: 'ambient-canary',
  AWS_SECRET_ACCESS_KEY: 'ambient-canary',
  GOOGLE_APPLICATION_CREDENTIALS: '/ambient-canary',
  AZURE_CLIENT_SECRET: 'ambient-canary',
};

/** What each child was told over its channel by a launcher with all that in its own environment. */
let told: Record<ProgramName, Record<string, string>>;
/** Of the installation, and of a vault whose key is being changed. */
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let other: Awaited<ReturnType<typeof makeKeyFolder>>;
let dataDir: string;
let launcher: Running;

beforeAll(async () => {
  keys = await makeKeyFolder();
  other = await makeKeyFolder();
  told = await tellChildren();
  dataDir = await makePostgresFolder();
  launcher = run(new URL('../../server/launcher/start.ts', import.meta.url), {
    ...inheritedEnv(),
    ...secrets,
    ...changing(),
    PORT: '0',
    BASEKEEP_DATA_DIR: dataDir,
  });
  while (launcher.isRunning && !launcher.output.includes('"working"')) await delay(50);
});
afterAll(async () => {
  await launcher.end();
  await removePostgresFolder(dataDir);
  await keys.remove();
  await other.remove();
});

const changing = () => ({
  VAULT_OTHER_PRIVATE_KEY_FILE: other.vaultPrivateKey,
  TOKEN_PREVIOUS_KEY_FILE: other.tokenSigningKey,
  WORKER_CONCURRENCY: '3',
});

async function tellChildren(): Promise<typeof told> {
  const folder = await mkdtemp(path.join(tmpdir(), 'basekeep-told-'));
  const file = new URL('../launcher/told-child.ts', import.meta.url);
  const children = startChildren<ProgramName>([
    { name: 'API', file },
    { name: 'worker', file },
  ]);
  try {
    const env = readEnv('launcher', { ...secrets, ...changing() });
    const { API, worker } = envsOf(env, { port: 3000, keys, databaseUrl: 'postgres://database' });
    const notes = (name: ProgramName): string => path.join(folder, name);
    const envs = {
      API: { ...API, NOTES: notes('API') },
      worker: { ...worker, NOTES: notes('worker') },
    };
    children.tell(envs, true);
    await children.up;
    const read = async (name: ProgramName) => {
      const { NOTES: _, ...env } = Told.parse(JSON.parse(await readFile(notes(name), 'utf8')));
      return env;
    };
    return { API: await read('API'), worker: await read('worker') };
  } finally {
    await children.stop();
    await rm(folder, { recursive: true });
  }
}

/** The environment of the launcher's child that runs a file, as the kernel keeps it. */
async function environmentOf(file: RegExp): Promise<Map<string, string>> {
  const { pid } = launcher;
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  for (const child of children) {
    if (!file.test(await readFile(`/proc/${child}/cmdline`, 'utf8'))) continue;
    const entries = (await readFile(`/proc/${child}/environ`, 'utf8')).split('\0').filter(Boolean);
    return new Map(
      entries.map((entry): [string, string] => {
        const [name = ''] = entry.split('=', 1);
        return [name, entry.slice(name.length + 1)];
      }),
    );
  }
  throw new Error(`No child runs ${file}: ${launcher.output}`);
}

test('the environments of both that anybody can read hold what Node itself needs', async () => {
  for (const file of [/server\/main\.ts|run-api\.cjs/, /workers\/main\.ts/]) {
    const environment = await environmentOf(file);
    // Node's own, for the channel over which a child is told the rest, and notices that its launcher is gone.
    const inherited = [...Object.keys(inheritedEnv()), 'NODE_CHANNEL_FD'];
    inherited.push('NODE_CHANNEL_SERIALIZATION_MODE');
    expect([...environment.keys()].filter((name) => !inherited.includes(name))).toEqual([]);
    const values = [...environment.values()].join('\n');
    expect(values).not.toContain('canary');
    expect(values).not.toContain('private-key');
    // With its password it comes over the channel, and is in nobody's list of processes.
    expect(values).not.toContain('postgres://');
  }
});

test('the API is told what it needs by name, and neither the private key nor where it is', async () => {
  expect(Object.keys(told.API).sort()).toEqual([
    'API_SECRET_FILE',
    'DATABASE_URL',
    'LOG_LEVEL',
    'PORT',
    'RATE_LIMIT_ADDRESS',
    'RATE_LIMIT_ENTERPRISE',
    'RATE_LIMIT_FREE',
    'RATE_LIMIT_PRO',
    'SMTP_FROM',
    'TOKEN_PREVIOUS_KEY_FILE',
    'TOKEN_SIGNING_KEY_FILE',
    'TRUST_PROXY_HOPS',
    'VAULT_PUBLIC_KEY_FILE',
  ]);
  expect(told.API['TOKEN_PREVIOUS_KEY_FILE']).toBe(other.tokenSigningKey);
  const key = await readFile(keys.vaultPrivateKey, 'utf8');
  const values = Object.values(told.API).join('\n');
  expect(values).not.toContain(key.trim());
  expect(values).not.toContain('private-key');
  expect(values).not.toContain('canary');
});

test('the worker is: it alone has the private keys, and nothing of ours beside', () => {
  expect(told.worker['VAULT_PRIVATE_KEY_FILE']).toBe(keys.vaultPrivateKey);
  expect(told.worker['VAULT_OTHER_PRIVATE_KEY_FILE']).toBe(other.vaultPrivateKey);
  expect(told.worker['WORKER_CONCURRENCY']).toBe('3');
  expect(Object.values(told.worker).join('\n')).not.toContain('canary');
  const credentials = /^(PG|AWS_|GOOGLE_|AZURE_|BASEKEEP_|API_SECRET|TOKEN_SIGNING)/;
  expect(Object.keys(told.worker).filter((name) => credentials.test(name))).toEqual([]);
});
