import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { makeBigQuery, project } from './bigquery-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { key, state, standIn, connector, target } = makeBigQuery();
const never = new AbortController().signal;
const probe = (more: object = {}, json?: string) => connector.probe(target(more, json), never);

beforeEach(() => {
  state.asked.length = 0;
});

describe('what is refused before anything is opened', () => {
  test.each(['', 'x', 'UPPER-CASE', 'a/../b', 'abcdef?x=1', 'a:b:c-def', 'evil.example/abcdef'])(
    'project %j',
    async (bigQueryProjectId) => {
      const report = await probe({ bigQueryProjectId });
      expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
    },
  );

  test.each(['a b', 'a/b', '..', 'a?b', 'a-b', 'x'.repeat(1_025)])('dataset %j', async (name) => {
    const report = await probe({ databaseName: name });
    expect(report).toMatchObject({ steps: [], failure: 'DATABASE_NOT_FOUND' });
  });

  const rsa = (bits: number): string =>
    generateKeyPairSync('rsa', {
      modulusLength: bits,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
  const elliptic = generateKeyPairSync('ed25519').privateKey;

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'AIzaSy-api-key'],
    ['another kind', key.json({ type: 'authorized_user' })],
    ['a token endpoint elsewhere', key.json({ token_uri: 'https://evil.example/token' })],
    [
      'a token endpoint in the clear',
      key.json({ token_uri: 'http://oauth2.googleapis.com/token' }),
    ],
    ['another path', key.json({ token_uri: 'https://oauth2.googleapis.com/token?x' })],
    ['no token endpoint', key.json({ token_uri: undefined })],
    ['another universe', key.json({ universe_domain: 'evil.example' })],
    ['no account', key.json({ client_email: 'nobody' })],
    ['a key that is none', key.json({ private_key: 'secret' })],
    ['a key cut short', key.json({ private_key: key.privateKey.slice(0, 400) })],
    ['a short key', key.json({ private_key: rsa(1_024) })],
    [
      'a key of another kind',
      key.json({ private_key: elliptic.export({ type: 'pkcs8', format: 'pem' }) }),
    ],
    ['external account', key.json({ type: 'external_account', credential_source: { url: 'x' } })],
  ])('a JSON key with %s', async (_what, json) => {
    const report = await probe({}, json);
    expect(report).toMatchObject({ steps: [], failure: 'CREDENTIALS_INVALID' });
    expect(state.asked).toEqual([]);
  });

  test('a key pasted with a byte order mark and blanks is a key', async () => {
    expect((await probe({}, `\uFEFF ${key.json()}\r\n`)).failure).not.toBe('CREDENTIALS_INVALID');
  });
});

describe('the credentials of the machine', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'bigquery-home-'));
    writeFileSync(path.join(home, 'key.json'), makeServiceAccountKey().json());
    vi.stubEnv('HOME', home);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path.join(home, 'key.json'));
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'ambient-project');
    vi.stubEnv('BIGQUERY_EMULATOR_HOST', 'http://127.0.0.1:9');
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });

  test('are not used in place of those that are missing', async () => {
    expect(await probe({}, '')).toMatchObject({ steps: [], failure: 'CREDENTIALS_INVALID' });
    const nameless = await probe({ bigQueryProjectId: null });
    expect(nameless).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });

  describe.skipIf(vendorMissing !== null)('and with a connection of its own', () => {
    standIn.useServer();
    test('neither they nor its proxy or emulator are used', async () => {
      expect((await probe()).failure).toBeNull();
      expect(state.asked.join()).toContain(project);
    });
  });
});
