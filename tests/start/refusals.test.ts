import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimDataFolder } from '../../server/launcher/data-folder.ts';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';

const entry = fileURLToPath(new URL('../../server/launcher/start.ts', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'basekeep-refusals-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a start says that cannot be: everything it wrote, and how it ended. */
function start(env: Record<string, string>): Promise<{ code: unknown; said: string }> {
  const environment = { ...inheritedEnv(), BASEKEEP_DATA_DIR: folder, ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry], { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error?.code, said: `${stdout}${stderr}` }),
    );
  });
}

test.each([
  ['PORT', 'http'],
  ['PORT', '70000'],
  ['DATABASE_URL', 'mysql://localhost'],
  ['BASEKEEP_OWNER_EMAIL', 'nobody'],
  ['BASEKEEP_OWNER_PASSWORD', 'short'],
  ['EGRESS_ALLOW_CIDRS', '10.0.0.0/8,everything'],
  ['EGRESS_ALLOW_CIDRS', '10.0.0.0/33'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s is refused in one sentence that names it and not its value', async (name, value) => {
  const { code, said } = await start({ [name]: value });
  expect(code).toBe(1);
  expect(said).toMatch(
    new RegExp(`^The environment variable ${name} cannot be used: [^\n]+\\.\n$`),
  );
  expect(said).not.toContain(value);
});

test('a taken port is told in one sentence', async () => {
  const taken = createServer().listen(0);
  await once(taken, 'listening');
  const address = taken.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  try {
    expect(await start({ PORT: String(port) })).toEqual({
      code: 1,
      said: `The port ${port} is taken; set PORT to another one.\n`,
    });
  } finally {
    taken.close();
  }
});

test('a data folder in use is told in one sentence, with who uses it', async () => {
  const claim = await claimDataFolder(folder);
  try {
    const { code, said } = await start({ PORT: '0' });
    expect(code).toBe(1);
    expect(said).toMatch(
      new RegExp(`^The data folder ${folder} is in use by process \\d+: [^\n]+\n$`),
    );
  } finally {
    await claim.release();
  }
});
