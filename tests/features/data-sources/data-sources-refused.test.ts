import { describe, expect, test } from 'vitest';
import { errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { countRows, dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

const create = (tenant: TestTenant, body: unknown) =>
  api.request('POST', dataSourcesOf(tenant), { key: tenant.key, body });

describe('a creation that is refused', () => {
  const without = (field: keyof typeof postgres) =>
    Object.fromEntries(Object.entries(postgres).filter(([name]) => name !== field));
  const wholeNumber = 'Must be a whole number';

  test.each<[string, unknown, Record<string, unknown>]>([
    ['without a type', without('type'), { type: 'Required' }],
    ['without a dialect', without('dialect'), { dialect: 'Required' }],
    ['without a displayName', without('displayName'), { displayName: 'Required' }],
    ['without a host', without('host'), { host: 'Required for POSTGRES' }],
    ['without a username', without('username'), { username: 'Required for POSTGRES' }],
    ['with another type', { ...postgres, type: 'managed' }, { type: 'Must be direct' }],
    [
      'with an empty displayName',
      { ...postgres, displayName: '' },
      { displayName: 'Must not be empty' },
    ],
    [
      'with unknown fields',
      { ...postgres, hots: 'x', tyep: 1 },
      { hots: 'Unknown field', tyep: 'Unknown field' },
    ],
    ['with a field of the answer', { ...postgres, isDemo: true }, { isDemo: 'Unknown field' }],
    ['with a negative port', { ...postgres, port: -1 }, { port: 'Must be at least 0' }],
    ['with a port over 65535', { ...postgres, port: 65_536 }, { port: 'Must be at most 65535' }],
    ['with half a port', { ...postgres, port: 1.5 }, { port: wholeNumber }],
    ['with a port in words', { ...postgres, port: '5432' }, { port: 'Must be a number' }],
    [
      'with an SSH port over 65535',
      { ...postgres, sshPort: 70_000 },
      { sshPort: 'Must be at most 65535' },
    ],
    ['with an empty pool', { ...postgres, maxPoolSize: 0 }, { maxPoolSize: 'Must be at least 1' }],
    [
      'with a pool over 100',
      { ...postgres, maxPoolSize: 101 },
      { maxPoolSize: 'Must be at most 100' },
    ],
    ['with half a pool', { ...postgres, maxPoolSize: 2.5 }, { maxPoolSize: wholeNumber }],
    [
      'with a boolean in words',
      { ...postgres, sslEnabled: 'false' },
      { sslEnabled: 'Must be true or false' },
    ],
    [
      'with null for a boolean',
      { ...postgres, sshEnabled: null },
      { sshEnabled: 'Must be true or false' },
    ],
    ['with null for a host', { ...postgres, host: null }, { host: 'Must be text' }],
    [
      'with a password that is no text',
      { ...postgres, password: ['x'] },
      { password: 'Must be text' },
    ],
    [
      'with a path for a host',
      { ...postgres, host: '/tmp' },
      { host: 'Must be a host name or an IP address' },
    ],
    [
      'with a URL for a host',
      { ...postgres, host: 'postgres://a@b/c' },
      { host: 'Must be a host name or an IP address' },
    ],
    ['with NUL', { ...postgres, username: 'a\0b' }, { username: expect.stringContaining('NUL') }],
    [
      'with NUL in a secret',
      { ...postgres, password: 'a\0b' },
      { password: expect.stringContaining('NUL') },
    ],
    [
      'with half a character',
      { ...postgres, displayName: '\ud800' },
      { displayName: expect.stringContaining('surrogate') },
    ],
    [
      'with a certificate that is none',
      { ...postgres, sslCaCertificate: 'x' },
      { sslCaCertificate: expect.stringContaining('PEM') },
    ],
    [
      'with SSH and no host for it',
      { ...postgres, sshEnabled: true, sshUsername: 'u' },
      { sshHost: 'Required with sshEnabled' },
    ],
  ])('%s names the field and leaves nothing', async (_, body, fieldErrors) => {
    const tenant = await api.tenant();
    const error = errorOf(await create(tenant, body));
    expect(error).toEqual({
      status: 400,
      title: 'ValidationError',
      detail: expect.stringContaining(Object.keys(fieldErrors)[0] ?? ''),
      fieldErrors,
    });
    expect(await countRows(database, 'data_source', tenant.orgId)).toBe(0);
    expect(await countRows(database, 'sync_run', tenant.orgId)).toBe(0);
  });

  test('never has what was sent repeated to it', async () => {
    const tenant = await api.tenant();
    const secret = 'do-not-repeat-me';
    for (const field of ['type', 'dialect', 'host', 'port', 'sslEnabled', 'sslCaCertificate']) {
      const response = await create(tenant, { ...postgres, [field]: `${secret} !` });
      expect(response.status, field).toBe(400);
      expect(JSON.stringify(response.body), field).not.toContain(secret);
    }
  });

  test('takes the limits of the contract themselves', async () => {
    const tenant = await api.tenant();
    for (const limits of [
      { port: 0, sshPort: 0, maxPoolSize: 1 },
      { port: 65_535, sshPort: 65_535, maxPoolSize: 100 },
    ]) {
      expect((await create(tenant, { ...postgres, ...limits })).status).toBe(201);
    }
  });
});
