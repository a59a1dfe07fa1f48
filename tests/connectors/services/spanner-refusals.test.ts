import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Canary, startCanary } from '../../support/canary.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { makeSpanner } from './spanner-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { key, state, standIn, connector, target } = makeSpanner();
const never = new AbortController().signal;
const probe = (more: object = {}, json?: string) => connector.probe(target(more, json), never);

describe('what is refused before anything is opened', () => {
  const awkward = ['', 'x', 'UPPER', 'a/../b', 'a?b=c', 'a#b', 'a b', '-a', 'a-', 'a%2fb', 'ä-ö'];
  test.each([...awkward, 'x'.repeat(31)])('database %j', async (databaseName) => {
    const report = await probe({ databaseName });
    expect(report).toMatchObject({ steps: [], failure: 'DATABASE_NOT_FOUND' });
  });

  test.each([...awkward, 'x'.repeat(65)])('instance %j', async (spannerInstanceId) => {
    const report = await probe({ spannerInstanceId });
    expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });

  test.each([...awkward, 'evil.example/abcdef'])('project %j', async (bigQueryProjectId) => {
    const report = await probe({ bigQueryProjectId });
    expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['another kind', key.json({ type: 'authorized_user' })],
    ['a token endpoint elsewhere', key.json({ token_uri: 'https://evil.example/token' })],
    ['a key that is none', key.json({ private_key: 'secret' })],
  ])('a JSON key with %s', async (_what, json) => {
    const report = await probe({}, json);
    expect(report).toMatchObject({ steps: [], failure: 'CREDENTIALS_INVALID' });
  });
});

describe('the credentials of the machine', () => {
  let home = '';
  let canary: Canary | undefined;
  beforeEach(async () => {
    canary = await startCanary();
    const url = `http://127.0.0.1:${canary.port}`;
    home = mkdtempSync(path.join(tmpdir(), 'spanner-home-'));
    const gcloud = path.join(home, '.config', 'gcloud');
    mkdirSync(gcloud, { recursive: true });
    const file = path.join(gcloud, 'application_default_credentials.json');
    writeFileSync(file, makeServiceAccountKey().json());
    vi.stubEnv('HOME', home);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'ambient-project');
    vi.stubEnv('SPANNER_EMULATOR_HOST', `127.0.0.1:${canary.port}`);
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${canary.port}`);
    vi.stubEnv('HTTPS_PROXY', url);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
    expect(canary?.connections).toBe(0);
    await canary?.close();
  });

  test('are not used in place of those that are missing', async () => {
    expect(await probe({}, '')).toMatchObject({ steps: [], failure: 'CREDENTIALS_INVALID' });
    const nameless = await probe({ bigQueryProjectId: null });
    expect(nameless).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });

  describe.skipIf(vendorMissing !== null)('and with a connection of its own', () => {
    standIn.useServer();
    test('neither they nor its proxy, emulator or metadata are used', async () => {
      expect((await probe()).failure).toBeNull();
      expect(state.made).toBe(1);
    });
  });
});
