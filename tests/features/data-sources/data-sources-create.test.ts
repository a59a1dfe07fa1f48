import { describe, expect, test } from 'vitest';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { Organization } from '../../../server/features/organizations/contract.ts';
import { defaultPort, dialectFacts, dialects } from '../../../shared/dialects.ts';
import { secretFields } from '../../../shared/connection.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import {
  actionsOf,
  countRows,
  dataSourcesOf,
  jobsOf,
  lacking,
  postgres,
  secretsOf,
} from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

const create = (tenant: TestTenant, body: unknown) =>
  api.request('POST', dataSourcesOf(tenant), { key: tenant.key, body });

describe('a new data source', () => {
  test('answers everything the contract names, and no secret', async () => {
    const tenant = await api.tenant();
    const response = await create(tenant, { ...postgres, maxPoolSize: 5, description: 'Orders' });
    expect(response.status).toBe(201);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(response.body).toEqual({
      data: {
        id: expect.stringMatching(/^ds_[0-9a-z]{26}$/),
        displayName: 'Shop',
        description: 'Orders',
        dialect: 'POSTGRES',
        databaseName: null,
        username: 'reader',
        host: 'db.example.com',
        port: 5432,
        sslEnabled: true,
        sslCustomCertificatesEnabled: false,
        sshEnabled: false,
        sshHost: null,
        sshPort: null,
        sshUsername: null,
        bigQueryProjectId: null,
        spannerInstanceId: null,
        athenaWorkgroup: null,
        athenaOutputLocation: null,
        athenaCatalog: null,
        snowflakeAccountId: null,
        snowflakeWarehouse: null,
        snowflakeRole: null,
        lastSuccessfulSyncAt: null,
        lastSyncStatus: 'PENDING',
        lastSyncAttemptAt: null,
        hasCompletedFirstSync: false,
        syncErrorMessage: null,
        lastHealthyAt: time,
        lastHealthStatus: 'HEALTHY',
        lastHealthCheckAttemptAt: time,
        isDemo: false,
        isBasedashWarehouse: false,
        mutatingQueriesEnabled: false,
        createdAt: time,
        updatedAt: time,
      },
    });
  });

  test('is read back exactly as it was answered', async () => {
    const tenant = await api.tenant();
    const created = await create(tenant, postgres);
    const { id } = dataOf(created, DataSource);
    const one = await api.request('GET', `${dataSourcesOf(tenant)}/${id}`, { key: tenant.key });
    expect(one.body).toEqual(created.body);
    const list = await api.request('GET', dataSourcesOf(tenant), { key: tenant.key });
    expect(itemsOf(list, DataSource).items).toEqual([dataOf(created, DataSource)]);
  });

  test('has one sync and one health check enqueued, and one pending sync run', async () => {
    const tenant = await api.tenant();
    const { id } = dataOf(await create(tenant, postgres), DataSource);
    const [sync, ...more] = await jobsOf(database, 'sync-schema', id);
    expect(more).toEqual([]);
    const { rows } = await database.pool.query(
      'select id, status, trigger from sync_run where data_source_id = $1',
      [id],
    );
    expect(rows).toEqual([
      { id: expect.stringMatching(/^run_/), status: 'PENDING', trigger: 'created' },
    ]);
    expect(sync).toEqual({ dataSourceId: id, syncRunId: (rows[0] as { id: string }).id });
    expect(await jobsOf(database, 'check-health', id)).toEqual([{ dataSourceId: id }]);
  });

  test('keeps each secret as a sealed envelope and nowhere else', async () => {
    const tenant = await api.tenant();
    const secrets = Object.fromEntries(secretFields.map((field) => [field, `canary-${field}`]));
    const { id } = dataOf(await create(tenant, { ...postgres, ...secrets }), DataSource);
    expect((await secretsOf(database, id)).map(({ field }) => field)).toEqual(
      [...secretFields].sort(),
    );
    const { rows } = await database.pool.query<{ row: string }>(
      `select data_source::text as row from data_source where id = $1
       union all select secret_envelope::text from secret_envelope where owner_id = $1
       union all select job::text from pgboss.job where data->>'dataSourceId' = $1
       union all select audit_event::text from audit_event where target_id = $1`,
      [id],
    );
    const stored = rows.map(({ row }) => row).join('\n') + api.logs.join('');
    expect(stored).toContain(id);
    expect(stored).not.toContain('canary-');
    expect(stored).not.toContain(Buffer.from('canary-').toString('hex'));
  });

  test.each([
    ['POSTGRES', 5432],
    ['SUPABASE', 6543],
  ])('of %s without a port listens on %i', async (dialect, port) => {
    const response = await create(await api.tenant(), { ...postgres, dialect });
    expect(dataOf(response, DataSource).port).toBe(port);
  });

  test('takes empty strings as absent: no port, no secret and no name is made of them', async () => {
    const tenant = await api.tenant();
    const empty = Object.fromEntries(
      [...secretFields, 'snowflakeRole', 'sshHost', 'athenaCatalog'].map((field) => [field, '']),
    );
    const response = await create(tenant, { ...postgres, ...empty, databaseName: '' });
    const source = dataOf(response, DataSource);
    expect(source).toMatchObject({
      databaseName: null,
      snowflakeRole: null,
      sshHost: null,
      athenaCatalog: null,
    });
    expect(await secretsOf(database, source.id)).toEqual([]);
    const missing = await create(tenant, { ...postgres, host: '' });
    expect(errorOf(missing)).toMatchObject({
      status: 400,
      fieldErrors: { host: expect.any(String) },
    });
  });
});

describe('the trial', () => {
  test('of 14 days is started by the first data source and by no later one', async () => {
    const tenant = await api.tenant();
    const trialEnd = async () => {
      const path = `/api/public/organizations/${tenant.orgId}`;
      const response = await api.request('GET', path, { key: tenant.key });
      return dataOf(response, Organization).trialEndsAt;
    };
    expect(await trialEnd()).toBeNull();
    const { createdAt, id } = dataOf(await create(tenant, postgres), DataSource);
    const end = await trialEnd();
    expect(Date.parse(end ?? '') - Date.parse(createdAt)).toBeCloseTo(14 * 86_400_000, -3);
    await api.request('DELETE', `${dataSourcesOf(tenant)}/${id}`, { key: tenant.key });
    await create(tenant, postgres);
    expect(await trialEnd()).toBe(end);
    const started = (await actionsOf(database, tenant.orgId)).filter((a) => a === 'trial.started');
    expect(started).toHaveLength(1);
  });

  test('is started once when two first data sources are created at once', async () => {
    const tenant = await api.tenant();
    await Promise.all(Array.from({ length: 6 }, () => create(tenant, postgres)));
    const actions = await actionsOf(database, tenant.orgId);
    expect(actions.filter((action) => action === 'trial.started')).toHaveLength(1);
  });

  test('is not started by a creation that fails', async () => {
    const tenant = await api.tenant();
    await create(tenant, lacking);
    expect(await actionsOf(database, tenant.orgId)).not.toContain('trial.started');
  });
});

describe('a dialect', () => {
  test.each(dialects)('with what it needs is created: %s', async (dialect) => {
    const { requires, requiresOneOf = [] } = dialectFacts[dialect];
    const fields = [...requires, ...requiresOneOf.slice(0, 1)];
    const needed = Object.fromEntries(fields.map((field) => [field, 'x']));
    const body = { type: 'direct', dialect, displayName: 'Least', ...needed };
    const source = dataOf(await create(await api.tenant(), body), DataSource);
    expect(source).toMatchObject({ dialect, port: defaultPort(dialect, true) });
  });

  test.each(dialects)('without what it needs names the field: %s', async (dialect) => {
    const tenant = await api.tenant();
    const { requires, requiresOneOf = [] } = dialectFacts[dialect];
    const whole = [...requires, ...requiresOneOf.slice(0, 1)];
    for (const missing of whole) {
      const given = whole.filter((field) => field !== missing).map((field) => [field, 'x']);
      const body = { type: 'direct', dialect, displayName: 'Less', ...Object.fromEntries(given) };
      const needs = requires.includes(missing)
        ? `Required for ${dialect}`
        : `${dialect} needs ${requiresOneOf.join(' or ')}`;
      expect(errorOf(await create(tenant, body))).toMatchObject({
        status: 400,
        fieldErrors: { [missing]: needs },
      });
    }
    expect(await countRows(database, 'data_source', tenant.orgId)).toBe(0);
  });

  test('that nobody knows is answered with those that there are', async () => {
    const response = await create(await api.tenant(), { ...postgres, dialect: 'postgres' });
    expect(errorOf(response)).toMatchObject({
      status: 400,
      fieldErrors: { dialect: `Must be one of ${dialects.join(', ')}` },
    });
  });
});

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

describe('the list of data sources', () => {
  test('of 120 shows each once, newest first, however the pages are cut', async () => {
    const tenant = await api.tenant();
    const made: string[] = [];
    for (let i = 0; i < 120; i += 1) {
      const response = await create(tenant, { ...postgres, displayName: `Source ${i}` });
      made.unshift(dataOf(response, DataSource).id);
    }
    const page = async (query: string) => {
      const path = `${dataSourcesOf(tenant)}${query}`;
      return itemsOf(await api.request('GET', path, { key: tenant.key }), DataSource);
    };
    expect((await page('')).items.map(({ id }) => id)).toEqual(made.slice(0, 50));
    for (const limit of [7, 50, 100]) {
      const seen: string[] = [];
      for (let cursor = ''; ;) {
        const { items, nextCursor, hasMore } = await page(`?limit=${limit}${cursor}`);
        seen.push(...items.map(({ id }) => id));
        expect(hasMore).toBe(nextCursor !== null);
        if (nextCursor === null) break;
        expect(nextCursor).toBe(seen.at(-1));
        cursor = `&cursor=${nextCursor}`;
      }
      expect(seen).toEqual(made);
    }
  });

  test('goes on after an item that was deleted meanwhile', async () => {
    const tenant = await api.tenant();
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1)
      ids.unshift(dataOf(await create(tenant, postgres), DataSource).id);
    const path = dataSourcesOf(tenant);
    const first = await api.request('GET', `${path}?limit=2`, { key: tenant.key });
    const { nextCursor } = itemsOf(first, DataSource);
    expect(nextCursor).toBe(ids[1]);
    await api.request('DELETE', `${path}/${nextCursor}`, { key: tenant.key });
    const rest = await api.request('GET', `${path}?cursor=${nextCursor}`, { key: tenant.key });
    expect(itemsOf(rest, DataSource).items.map(({ id }) => id)).toEqual(ids.slice(2));
  });

  test('says that there is no more when a page ends exactly at the end', async () => {
    const tenant = await api.tenant();
    await create(tenant, postgres);
    const path = `${dataSourcesOf(tenant)}?limit=1`;
    const page = itemsOf(await api.request('GET', path, { key: tenant.key }), DataSource);
    expect(page).toMatchObject({ nextCursor: null, hasMore: false });
  });

  test.each(['0', '101', '-1', '1.5', 'x', '', '1e2', '0x10', '٣'])(
    'takes no limit of %j',
    async (limit) => {
      const tenant = await api.tenant();
      const path = `${dataSourcesOf(tenant)}?limit=${encodeURIComponent(limit)}`;
      expect(errorOf(await api.request('GET', path, { key: tenant.key }))).toMatchObject({
        status: 400,
        title: 'ValidationError',
        fieldErrors: { limit: expect.any(String) },
      });
    },
  );
});
