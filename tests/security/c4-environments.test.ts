import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { envsOf } from '../../server/launcher/children/envs.ts';
import { keyFilesIn } from '../../server/launcher/keys.ts';
import { readEnv } from '../../shared/env.ts';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';
import { run, type Running } from '../support/processes/processes.ts';

// C4 of the security programme, for what `npm start` gives to its children; what the API's code
// could do with it is tests/architecture/api-opens-nothing.test.ts.

const secrets = {
  VAULT_PRIVATE_KEY_FILE: '/canary',
  BASEKEEP_OWNER_PASSWORD: 'the password of the owner',
  PGPASSWORD: 'ambient-canary',
  AWS_SECRET_ACCESS_KEY: 'ambient-canary',
  GOOGLE_APPLICATION_CREDENTIALS: '/ambient-canary',
  AZURE_CLIENT_SECRET: 'ambient-canary',
};

/** What `npm start` tells its children over their channels with all that in its own environment. */
const told = envsOf(
  readEnv('launcher', {
    ...secrets,
    VAULT_OTHER_PRIVATE_KEY_FILE: '/keys/of-somebody-else',
    TOKEN_PREVIOUS_KEY_FILE: '/keys/token-signing-key.pem.before',
    WORKER_CONCURRENCY: '3',
  }),
  { port: 3000, keys: keyFilesIn('/keys'), databaseUrl: 'postgres://database' },
);

let dataDir: string;
let launcher: Running;

beforeAll(async () => {
  dataDir = await makePostgresFolder();
  launcher = run(new URL('../../server/launcher/start.ts', import.meta.url), {
    ...inheritedEnv(),
    ...secrets,
    PORT: '0',
    BASEKEEP_DATA_DIR: dataDir,
  });
  while (launcher.isRunning && !launcher.output.includes('"working"')) await delay(50);
});
afterAll(async () => {
  await launcher.end();
  await removePostgresFolder(dataDir);
});

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
  for (const file of [/server\/main\.(ts|mjs)/, /workers\/main\.ts/]) {
    const environment = await environmentOf(file);
    // Node's own, for the channel over which a child is told the rest, and notices that its launcher is gone.
    const inherited = [...Object.keys(inheritedEnv()), 'NODE_CHANNEL_FD'];
    inherited.push('NODE_CHANNEL_SERIALIZATION_MODE');
    expect([...environment.keys()].filter((name) => !inherited.includes(name))).toEqual([]);
    expect([...environment.values()].join('\n')).not.toContain('canary');
  }
});

test('the API is told what it needs by name, and neither the private key nor where it is', () => {
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
  expect(told.API['TOKEN_PREVIOUS_KEY_FILE']).toBe('/keys/token-signing-key.pem.before');
  expect(Object.values(told.API).join('\n')).not.toMatch(/private-key|somebody-else|canary/);
});

test('the worker is: it alone has the private keys, and nothing of ours beside', () => {
  expect(told.worker['VAULT_PRIVATE_KEY_FILE']).toBe('/keys/vault-private-key');
  expect(told.worker['VAULT_OTHER_PRIVATE_KEY_FILE']).toBe('/keys/of-somebody-else');
  expect(told.worker['WORKER_CONCURRENCY']).toBe('3');
  expect(Object.values(told.worker).join('\n')).not.toContain('canary');
  const credentials = /^(PG|AWS_|GOOGLE_|AZURE_|BASEKEEP_|API_SECRET|TOKEN_SIGNING)/;
  expect(Object.keys(told.worker).filter((name) => credentials.test(name))).toEqual([]);
});
