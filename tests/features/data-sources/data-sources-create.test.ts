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
