import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Canary, startCanary } from '../../support/canary.ts';
import { accessKeyId, makeAthena, secretAccessKey } from './athena-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { state, standIn, connector, target } = makeAthena();
const never = new AbortController().signal;
const probe = (more: object = {}, secret?: string) => connector.probe(target(more, secret), never);

beforeEach(() => {
  state.asked.length = 0;
  state.refuse = () => null;
});

describe('what is refused before anything is opened', () => {
  test.each([
    '',
    'eu-central',
    'evil.example',
    'athena.eu-central-1.evil.example',
    'athena.eu-central-1.amazonaws.com.evil.example',
    'athena.eu-central-1.amazonaws.com.cn',
    'athena.cn-north-1.amazonaws.com',
    's3.eu-central-1.amazonaws.com',
    'xathena.eu-central-1.amazonaws.com',
    'athena..amazonaws.com',
    'athena.eu-central-1@evil.example',
    'athena.evil/.amazonaws.com',
    'athena.eu-central-1.amazonaws.com:443',
    '127.0.0.1',
  ])('host %j', async (host) => {
    expect(await probe({ host })).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });

  test.each(['a b', '../primary', 'x'.repeat(129), 'ü'])('workgroup %j', async (name) => {
    const report = await probe({ athenaWorkgroup: name });
    expect(report).toMatchObject({ steps: [], failure: 'WAREHOUSE_UNAVAILABLE' });
  });

  test.each<[string, string | null, string]>([
    ['no key id', null, secretAccessKey],
    ['a name in place of a key id', 'somebody', secretAccessKey],
    ['a key id with more behind it', `${accessKeyId}/20260101`, secretAccessKey],
    ['a key id with a line end', `${accessKeyId}\r\nx-evil: 1`, secretAccessKey],
    ['no secret', accessKeyId, ''],
    ['a secret with its line end', accessKeyId, `${secretAccessKey}\n`],
    ['a short secret', accessKeyId, 'secret'],
  ])('%s', async (_what, username, secret) => {
    const report = await probe({ username }, secret);
    expect(report).toMatchObject({ steps: [], failure: 'CREDENTIALS_INVALID' });
    expect(state.asked).toEqual([]);
  });
});

describe('the credentials of the machine', () => {
  let home = '';
  let canary: Canary | undefined;
  beforeEach(async () => {
    canary = await startCanary();
    const url = `http://127.0.0.1:${canary.port}/`;
    home = mkdtempSync(path.join(tmpdir(), 'athena-home-'));
    mkdirSync(path.join(home, '.aws'));
    const profile = '[default]\naws_access_key_id=AKIAAMBIENTAMBIENT01\naws_secret_access_key=';
    writeFileSync(path.join(home, '.aws', 'credentials'), `${profile}${'ambient+'.repeat(5)}\n`);
    vi.stubEnv('HOME', home);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAAMBIENTAMBIENT02');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'ambient/'.repeat(5));
    vi.stubEnv('AWS_SESSION_TOKEN', 'ambient-session-token');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', url);
    vi.stubEnv('HTTPS_PROXY', url);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
    expect(canary?.connections).toBe(0);
    await canary?.close();
  });

  test.each<[string, object, string | undefined]>([
    ['key id', { username: null }, undefined],
    ['secret', {}, ''],
  ])('are not used in place of a missing %s', async (_what, more, secret) => {
    const report = await probe(more, secret);
    expect(report).toMatchObject({ steps: [], failure: 'CREDENTIALS_INVALID' });
  });

  test('nor their region in place of a missing one', async () => {
    const report = await probe({ host: null });
    expect(report).toMatchObject({ steps: [], failure: 'ACCOUNT_NOT_FOUND' });
  });

  describe.skipIf(vendorMissing !== null)('and with a connection of its own', () => {
    standIn.useServer();
    test('none of them are sent, nor asked of anybody', async () => {
      const sent: string[] = [];
      state.refuse = (_action, headers) => {
        sent.push(JSON.stringify(headers));
        return null;
      };
      expect((await probe()).failure).toBeNull();
      expect(sent.length).toBeGreaterThan(1);
      expect(sent.join()).toContain(accessKeyId);
      expect(sent.join()).not.toMatch(/ambient|us-east-1|security-token/i);
      expect(sent.join()).not.toContain(secretAccessKey);
    });
  });
});
