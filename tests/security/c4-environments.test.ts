import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inheritedEnv } from '../../shared/env.ts';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';
import { makeKeyFolder, run, type Running } from '../support/processes/processes.ts';

// C4 of the security programme, for what `npm start` gives to its children; what the API's code
// could do with it is tests/architecture/api-opens-nothing.test.ts.

const secrets = {
  VAULT_PRIVATE_KEY_FILE: '/keys/of-somebody-else',
  BASEKEEP_OWNER_PASSWORD: 'the password of the owner',
  PGPASSWORD: 'ambient-canary',
  AWS_SECRET_ACCESS_KEY: 'ambient-canary',
  GOOGLE_APPLICATION_CREDENTIALS: '/ambient-canary',
  AZURE_CLIENT_SECRET: 'ambient-canary',
};

let dataDir: string;
/** Of a vault whose key is being changed. */
let other: Awaited<ReturnType<typeof makeKeyFolder>>;
let launcher: Running;

beforeAll(async () => {
  dataDir = await makePostgresFolder();
  other = await makeKeyFolder();
  launcher = run(new URL('../../server/launcher/start.ts', import.meta.url), {
    ...inheritedEnv(),
    ...secrets,
    VAULT_OTHER_PRIVATE_KEY_FILE: other.vaultPrivateKey,
    TOKEN_PREVIOUS_KEY_FILE: other.tokenSigningKey,
    WORKER_CONCURRENCY: '3',
    PORT: '0',
    BASEKEEP_DATA_DIR: dataDir,
  });
  while (launcher.isRunning && !launcher.output.includes('"working"')) await delay(50);
});
afterAll(async () => {
  await launcher.end();
  await removePostgresFolder(dataDir);
  await other.remove();
});

/** The environment of the launcher's child that runs a file, as the kernel keeps it. */
async function environmentOf(file: string): Promise<Map<string, string>> {
  const { pid } = launcher;
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  for (const child of children) {
    if (!(await readFile(`/proc/${child}/cmdline`, 'utf8')).includes(file)) continue;
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

test('the API is given what it needs by name, and neither the private key nor where it is', async () => {
  const environment = await environmentOf('server/main.ts');
  // Node's own, for the channel over which a child notices that its launcher is gone.
  const inherited = [...Object.keys(inheritedEnv()), 'NODE_CHANNEL_FD'];
  inherited.push('NODE_CHANNEL_SERIALIZATION_MODE');
  const given = [...environment.keys()].filter((name) => !inherited.includes(name));
  expect(given.sort()).toEqual([
    'API_SECRET_FILE',
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
  expect(environment.get('TOKEN_PREVIOUS_KEY_FILE')).toBe(other.tokenSigningKey);
  const key = await readFile(path.join(dataDir, 'keys', 'vault-private-key'), 'utf8');
  const values = [...environment.values()].join('\n');
  expect(values).not.toContain(key.trim());
  expect(values).not.toContain('private-key');
  expect(values).not.toContain('ambient-canary');
  // With its password it comes over the channel, and is in nobody's list of processes.
  expect(values).not.toContain('postgres://');
});

test('the worker is: it alone has the private keys, and nothing of ours beside', async () => {
  const environment = await environmentOf('workers/main.ts');
  expect(environment.get('VAULT_PRIVATE_KEY_FILE')).toBe(
    path.join(dataDir, 'keys', 'vault-private-key'),
  );
  expect(environment.get('VAULT_OTHER_PRIVATE_KEY_FILE')).toBe(other.vaultPrivateKey);
  expect(environment.get('WORKER_CONCURRENCY')).toBe('3');
  expect([...environment.values()].join('\n')).not.toContain('ambient-canary');
  const credentials = /^(PG|AWS_|GOOGLE_|AZURE_|BASEKEEP_|API_SECRET|TOKEN_SIGNING)/;
  expect([...environment.keys()].filter((name) => credentials.test(name))).toEqual([]);
});
