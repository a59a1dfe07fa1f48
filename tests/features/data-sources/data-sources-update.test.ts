import { describe, expect, test } from 'vitest';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { dataOf, errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf, dataSourcesOf, finishJobs, jobsOf, postgres, secretsOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

/** A data source whose first sync and check are done, and what may be done to it. */
async function synced(body: object = postgres) {
  const tenant: TestTenant = await api.tenant();
  const { key } = tenant;
  const created = await api.request('POST', dataSourcesOf(tenant), { key, body });
  const { id } = dataOf(created, DataSource);
  await finishJobs(database, id);
  const path = `${dataSourcesOf(tenant)}/${id}`;
  return {
    tenant,
    id,
    patch: (changes: unknown) => api.request('PATCH', path, { key, body: changes }),
    read: async () => dataOf(await api.request('GET', path, { key }), DataSource),
    jobs: async () => ({
      syncs: (await jobsOf(database, 'sync-schema', id)).length,
      checks: (await jobsOf(database, 'check-health', id)).length,
    }),
    secrets: () => secretsOf(database, id),
    /** All there is of it, to compare before and after. */
    stored: async () => {
      const { rows } = await database.pool.query(
        `select data_source::text as row from data_source where id = $1
         union all select secret_envelope::text from secret_envelope where owner_id = $1
         union all select job::text from pgboss.job where data->>'dataSourceId' = $1
         union all select audit_event::text from audit_event where target_id = $1 order by row`,
        [id],
      );
      return rows;
    },
  };
}

describe('a change of names', () => {
  test('is answered whole and asks for no sync and no check', async () => {
    const source = await synced();
    const before = await source.read();
    const response = await source.patch({ displayName: 'Renamed', description: 'For reports' });
    expect(response.status).toBe(200);
    expect(dataOf(response, DataSource)).toEqual({
      ...before,
      displayName: 'Renamed',
      description: 'For reports',
      updatedAt: expect.any(String),
    });
    expect(await source.read()).toEqual(dataOf(response, DataSource));
    expect(await source.jobs()).toEqual({ syncs: 0, checks: 0 });
    expect((await source.read()).lastSyncStatus).toBe('SUCCESS');
  });

  test('keeps the secret as it was sealed', async () => {
    const source = await synced();
    await source.patch({ displayName: 'Renamed' });
    expect(await source.secrets()).toEqual([{ field: 'password', version: 1 }]);
  });

  test('to what it already is, asks for nothing either', async () => {
    const source = await synced();
    expect((await source.patch({ host: postgres.host, port: 5432 })).status).toBe(200);
    const events = () => actionsOf(database, source.tenant.orgId);
    const before = await events();
    expect((await source.patch({})).status).toBe(200);
    expect(await source.jobs()).toEqual({ syncs: 0, checks: 0 });
    // Nothing was asked for, so there is nothing to put on record.
    expect(await events()).toEqual(before);
  });
});

describe('a change of the connection', () => {
  test.each([
    ['another database', { databaseName: 'other' }],
    ['another pool', { maxPoolSize: 3 }],
    ['another password', { password: 'battery staple' }],
    ['no password', { unsetPassword: true }],
    ['another host with the password', { host: 'other.example.com', password: 'battery staple' }],
  ])('(%s) asks for one sync and one check', async (_, changes) => {
    const source = await synced();
    const response = await source.patch(changes);
    expect(response.status).toBe(200);
    expect(dataOf(response, DataSource).lastSyncStatus).toBe('PENDING');
    expect(await source.jobs()).toEqual({ syncs: 1, checks: 1 });
  });

  test('during a pending sync joins that one', async () => {
    const source = await synced();
    await source.patch({ databaseName: 'one' });
    await source.patch({ databaseName: 'two' });
    expect(await source.jobs()).toEqual({ syncs: 1, checks: 1 });
    expect((await source.read()).databaseName).toBe('two');
  });

  test('clears a field with an empty string, but not one that the dialect needs', async () => {
    const source = await synced({ ...postgres, databaseName: 'shop' });
    expect(dataOf(await source.patch({ databaseName: '' }), DataSource).databaseName).toBeNull();
    const refused = await source.patch({ username: '' });
    expect(errorOf(refused)).toMatchObject({
      status: 400,
      fieldErrors: { username: 'Required for POSTGRES' },
    });
  });

  test('counts, so that the result of an older sync can be told from a newer one', async () => {
    const source = await synced();
    const version = async () => {
      const { rows } = await database.pool.query<{ v: number }>(
        'select connection_version as v from data_source where id = $1',
        [source.id],
      );
      return rows[0]?.v;
    };
    expect(await version()).toBe(1);
    await source.patch({ displayName: 'Renamed' });
    expect(await version()).toBe(1);
    await source.patch({ password: 'battery staple' });
    expect(await version()).toBe(2);
  });
});

describe('a secret', () => {
  test('that is sent again replaces the one before, in the next version', async () => {
    const source = await synced();
    await source.patch({ password: 'battery staple' });
    expect(await source.secrets()).toEqual([{ field: 'password', version: 2 }]);
  });

  test('that is left out is kept, and so is one that is sent empty', async () => {
    const source = await synced();
    await source.patch({ databaseName: 'other' });
    await source.patch({ password: '' });
    expect(await source.secrets()).toEqual([{ field: 'password', version: 1 }]);
  });

  test.each([
    ['unsetPassword', 'password'],
    ['unsetSshPassword', 'sshPassword'],
    ['unsetSshPrivateKey', 'sshPrivateKey'],
    ['unsetSshPrivateKeyPassphrase', 'sshPrivateKeyPassphrase'],
  ])('is cleared by %s, and by nothing else', async (flag, field) => {
    const all = ['password', 'sshPassword', 'sshPrivateKey', 'sshPrivateKeyPassphrase'];
    const secrets = Object.fromEntries(all.map((name) => [name, 'x']));
    const source = await synced({ ...postgres, ...secrets });
    await source.patch({ [flag]: false });
    expect((await source.secrets()).map((secret) => secret.field)).toEqual(all);
    await source.patch({ [flag]: true });
    expect((await source.secrets()).map((secret) => secret.field)).toEqual(
      all.filter((name) => name !== field),
    );
  });

  test.each([
    ['unsetPassword', 'password'],
    ['unsetSshPassword', 'sshPassword'],
    ['unsetSshPrivateKey', 'sshPrivateKey'],
    ['unsetSshPrivateKeyPassphrase', 'sshPrivateKeyPassphrase'],
  ])('together with %s is refused by name and changes nothing', async (flag, field) => {
    const source = await synced();
    const before = await source.stored();
    const response = await source.patch({ [flag]: true, [field]: 'new', displayName: 'x' });
    expect(errorOf(response)).toEqual({
      status: 400,
      title: 'ValidationError',
      detail: `${field}: Cannot be sent together with ${flag}`,
      fieldErrors: { [field]: `Cannot be sent together with ${flag}` },
    });
    expect(await source.stored()).toEqual(before);
  });
});

describe('a new destination', () => {
  const destinations: [string, object][] = [
    ['host', { host: 'evil.example.com' }],
    ['host by a longer name', { host: 'db.example.com.evil.example' }],
    ['port', { port: 5433 }],
    ['username', { username: 'postgres' }],
    ['TLS off', { sslEnabled: false }],
    ['SSH host', { sshHost: 'bastion.example.com' }],
    ['SSH port', { sshPort: 2222 }],
    ['SSH user', { sshUsername: 'tunnel' }],
  ];

  test.each(destinations)(
    '(%s) without the secret is refused, names the secret and changes nothing',
    async (_, changes) => {
      const source = await synced();
      const before = await source.stored();
      const response = await source.patch({ ...changes, displayName: 'Innocent' });
      expect(errorOf(response)).toEqual({
        status: 400,
        title: 'ValidationError',
        detail: expect.stringMatching(/^password: Send it again/),
        fieldErrors: { password: expect.stringMatching(/^Send it again/) },
      });
      expect(await source.stored()).toEqual(before);
    },
  );

  test('names every secret that is missing and none that was sent', async () => {
    const source = await synced({ ...postgres, sshPassword: 'a', sshPrivateKey: 'b' });
    const response = await source.patch({ host: 'new.example.com', password: 'sent' });
    expect(Object.keys(errorOf(response).fieldErrors ?? {}).sort()).toEqual([
      'sshPassword',
      'sshPrivateKey',
    ]);
  });

  test('is taken with the secret, and without it when the secret is cleared or there is none', async () => {
    const withSecret = await synced();
    expect((await withSecret.patch({ host: 'new.example.com', password: 'x' })).status).toBe(200);
    expect((await withSecret.read()).host).toBe('new.example.com');
    expect((await withSecret.patch({ port: 5433, unsetPassword: true })).status).toBe(200);
    expect((await withSecret.patch({ port: 5434 })).status).toBe(200);
    expect(await withSecret.secrets()).toEqual([]);
  });

  test('is not what the same host in capitals or with a final dot is', async () => {
    const source = await synced();
    expect((await source.patch({ host: 'DB.Example.com.' })).status).toBe(200);
    expect(await source.secrets()).toEqual([{ field: 'password', version: 1 }]);
  });
});

describe('an update that is refused', () => {
  test.each([
    ['type', 'direct'],
    ['dialect', 'SUPABASE'],
    ['isDemo', true],
    ['organizationId', 'org_x'],
    ['lastSyncStatus', 'SUCCESS'],
    ['connectionVersion', 9],
    ['deletedAt', null],
  ])('for %s, which is not for callers to set, names it', async (field, value) => {
    const source = await synced();
    const before = await source.stored();
    expect(errorOf(await source.patch({ displayName: 'x', [field]: value }))).toMatchObject({
      status: 400,
      fieldErrors: { [field]: 'Unknown field' },
    });
    expect(await source.stored()).toEqual(before);
  });

  test('for SSH without a host for it names what is missing', async () => {
    const source = await synced();
    const response = await source.patch({ sshEnabled: true, password: 'x' });
    expect(errorOf(response).fieldErrors).toEqual({ sshHost: 'Required with sshEnabled' });
  });

  test('because the data source is not there is NotFound', async () => {
    const tenant = await api.tenant();
    const path = `${dataSourcesOf(tenant)}/ds_00000000000000000000000000`;
    const response = await api.request('PATCH', path, {
      key: tenant.key,
      body: { displayName: 'x' },
    });
    expect(errorOf(response)).toMatchObject({ status: 404, detail: 'Data source not found' });
  });
});

describe('updates at the same time', () => {
  test('are made one after the other: none is lost, and the chain of events is whole', async () => {
    const source = await synced();
    const changes = [
      { displayName: 'A' },
      { description: 'B' },
      { databaseName: 'C' },
      { maxPoolSize: 9 },
      { password: 'D' },
    ];
    const responses = await Promise.all(changes.map((change) => source.patch(change)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await source.read()).toMatchObject({
      displayName: 'A',
      description: 'B',
      databaseName: 'C',
    });
    expect(await source.secrets()).toEqual([{ field: 'password', version: 2 }]);
    expect(await source.jobs()).toEqual({ syncs: 1, checks: 1 });
    const actions = await actionsOf(database, source.tenant.orgId);
    expect(actions.filter((action) => action === 'data_source.updated')).toHaveLength(5);
  });
});
