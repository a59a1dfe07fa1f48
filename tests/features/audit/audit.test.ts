import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { dataOf, errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf, countRows, dataSourcesOf, finishJobs, lacking, postgres } from '../fixtures.ts';
import { type Event, expectUnbroken, hashOf, trailOf } from './trail.ts';

const database = useDatabase();
const api = useApi(database);

/** Mutations by the action that each leaves; each can be done once. */
async function mutations(tenant: TestTenant) {
  const { orgId } = tenant;
  const client = api.client(tenant);
  const source = await client.dataSources.create.mutate({ orgId, ...postgres });
  const spare = await client.apiKeys.create.mutate({ orgId, name: 'spare' });
  const unused = await client.apiKeys.create.mutate({ orgId, name: 'unused' });
  const ref = { orgId, id: source.id };
  return {
    'organization.updated': () => client.organizations.update.mutate({ id: orgId, name: 'New' }),
    'api_key.created': () => client.apiKeys.create.mutate({ orgId, name: 'another' }),
    'api_key.deactivated': () => client.apiKeys.deactivate.mutate({ orgId, id: spare.id }),
    'api_key.deleted': () => client.apiKeys.delete.mutate({ orgId, id: unused.id }),
    'data_source.created': () => client.dataSources.create.mutate({ orgId, ...postgres }),
    'data_source.updated': () => client.dataSources.update.mutate({ ...ref, password: 'new' }),
    'data_source.sync_requested': () => client.dataSources.requestSync.mutate(ref),
    'data_source.deleted': () => client.dataSources.delete.mutate(ref),
  };
}

/** All that a mutation could change for the tenant, apart from the clocks. */
async function stateOf(orgId: string): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select organization::text as row from organization where id = $1
     union all select api_key::text from api_key where organization_id = $1
     union all select data_source::text from data_source where organization_id = $1
     union all select secret_envelope::text from secret_envelope where organization_id = $1
     union all select sync_run::text from sync_run where organization_id = $1
     union all select audit_event::text from audit_event where organization_id = $1
     union all select job.data::text from pgboss.job join data_source d
       on d.id = job.data->>'dataSourceId' and d.organization_id = $1 order by row`,
    [orgId],
  );
  return rows;
}

describe('a mutation', () => {
  test('leaves exactly one event of its own, and the chain unbroken', async () => {
    const tenant = await api.tenant();
    for (const [action, mutate] of Object.entries(await mutations(tenant))) {
      const before = (await actionsOf(database, tenant.orgId)).length;
      await mutate();
      expect((await actionsOf(database, tenant.orgId)).slice(before)).toEqual([action]);
    }
    await expectUnbroken(database, tenant.orgId);
  });

  test('says who did it, from where and in which request, and never a value', async () => {
    const tenant = await api.tenant();
    const response = await api.request('POST', dataSourcesOf(tenant), {
      key: tenant.key,
      body: postgres,
      headers: { 'user-agent': 'audit-test/1.0' },
    });
    const { id } = dataOf(response, DataSource);
    const key = await database.pool.query<{ id: string }>(
      'select id from api_key where organization_id = $1',
      [tenant.orgId],
    );
    const trail = await trailOf(database, tenant.orgId);
    expect(trail.at(-2)).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      action: 'data_source.created',
      actor_type: 'api_key',
      actor_id: key.rows[0]?.id,
      target_type: 'data_source',
      target_id: id,
      request_id: response.headers.get('x-request-id'),
      address: expect.stringContaining('127.0.0.1'),
      user_agent: 'audit-test/1.0',
      details: '{"dialect":"POSTGRES","secrets":["password"]}',
    });
    expect(trail.at(-1)?.action).toBe('trial.started');
  });

  test('names the fields of an update and not what is in them', async () => {
    const tenant = await api.tenant();
    const { 'data_source.updated': update } = await mutations(tenant);
    await update();
    const last = (await trailOf(database, tenant.orgId)).at(-1);
    expect(last?.details).toBe('{"fields":["password"]}');
  });

  test('that is a verification is on record before any worker has answered', async () => {
    const tenant = await api.tenant();
    const caller = new AbortController();
    const { type: _type, displayName: _displayName, ...body } = postgres;
    const path = `${dataSourcesOf(tenant)}/verify`;
    const answer = api
      .request('POST', path, { key: tenant.key, body, signal: caller.signal })
      .catch((error: unknown) => error);
    while ((await countRows(database, 'connection_draft', tenant.orgId)) === 0) await sleep(5);
    expect((await actionsOf(database, tenant.orgId)).at(-1)).toBe('data_source.verified');
    caller.abort();
    await answer;
    const left = () => countRows(database, 'connection_draft', tenant.orgId);
    await expect.poll(left, { interval: 20 }).toBe(0);
    await expectUnbroken(database, tenant.orgId);
  });
});

describe('a mutation that fails', () => {
  test('leaves no event', async () => {
    const tenant = await api.tenant();
    const { key } = tenant;
    const taken = await api.tenant('Taken');
    const source = dataOf(
      await api.request('POST', dataSourcesOf(tenant), { key, body: postgres }),
      DataSource,
    );
    const before = await stateOf(tenant.orgId);
    const path = `${dataSourcesOf(tenant)}/${source.id}`;
    const refused = await Promise.all([
      api.request('POST', dataSourcesOf(tenant), { key, body: { ...postgres, port: -1 } }),
      api.request('POST', dataSourcesOf(tenant), {
        key,
        body: lacking,
      }),
      api.request('PATCH', path, { key, body: { host: 'evil.example.com' } }),
      api.request('PATCH', path, { key, body: { password: 'x', unsetPassword: true } }),
      api.request('DELETE', `${dataSourcesOf(tenant)}/ds_nobody`, { key }),
      api.request('PATCH', `/api/public/organizations/${taken.orgId}`, {
        key,
        body: { name: 'x' },
      }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 404, 404]);
    expect(await stateOf(tenant.orgId)).toEqual(before);
  });

  test('because its event cannot be written leaves nothing at all', async () => {
    const tenant = await api.tenant();
    const all = await mutations(tenant);
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from data_source where organization_id = $1',
      [tenant.orgId],
    );
    for (const { id } of rows) await finishJobs(database, id);
    await database.pool.query(`
      create function refuse_event() returns trigger language plpgsql as $$
      begin raise exception 'the disk of the auditor is full'; end $$;
      create trigger refuse_event before insert on audit_event
        for each row execute function refuse_event()`);
    try {
      for (const [action, mutate] of Object.entries(all)) {
        const before = await stateOf(tenant.orgId);
        const error: unknown = await mutate().catch((e: unknown) => e);
        expect(error, action).toMatchObject({ message: 'Internal error' });
        expect(await stateOf(tenant.orgId), action).toEqual(before);
      }
      const created = await api.request('POST', '/api/public/organizations', {
        key: tenant.key,
        body: { name: 'Never', slug: 'never-made' },
      });
      expect(errorOf(created)).toEqual({
        status: 500,
        title: 'InternalError',
        detail: 'Internal error',
      });
      const made = await database.pool.query(`select from organization where slug = 'never-made'`);
      expect(made.rows).toEqual([]);
    } finally {
      await database.pool.query('drop function refuse_event cascade');
    }
    await expectUnbroken(database, tenant.orgId);
  });
});

describe('the chain', () => {
  test('has no gap and no fork after fifty mutations at once', async () => {
    const tenant = await api.tenant();
    const { key, orgId } = tenant;
    const path = dataSourcesOf(tenant);
    const { id } = dataOf(await api.request('POST', path, { key, body: postgres }), DataSource);
    const before = (await trailOf(database, orgId)).length;
    const client = api.client(tenant);
    const kinds: (() => Promise<unknown>)[] = [
      () => api.request('POST', path, { key, body: postgres }),
      () => api.request('PATCH', `${path}/${id}`, { key, body: { displayName: 'Again' } }),
      () => api.request('POST', `${path}/${id}/sync`, { key }),
      () =>
        api.request('PATCH', `/api/public/organizations/${orgId}`, { key, body: { name: 'n' } }),
      () => client.apiKeys.create.mutate({ orgId, name: 'one of fifty' }),
    ];
    await Promise.all(
      kinds.flatMap((mutate) =>
        Array.from({ length: 10 }, async () => {
          const answer = z.object({ status: z.number() }).safeParse(await mutate());
          // Over RPC a failure throws.
          expect(answer.data?.status ?? 200).toBeLessThan(300);
        }),
      ),
    );
    expect(await expectUnbroken(database, orgId)).toHaveLength(before + 50);
  });

  test('belongs to one organization: what others do is not in it', async () => {
    const [one, two] = [await api.tenant(), await api.tenant()];
    const before = await trailOf(database, one.orgId);
    await api.request('POST', dataSourcesOf(two), { key: two.key, body: postgres });
    expect(await trailOf(database, one.orgId)).toEqual(before);
    await expectUnbroken(database, two.orgId);
  });

  test.each([
    `update audit_event set action = 'organization.updated'`,
    `update audit_event set action = action where false`,
    `delete from audit_event`,
    `truncate audit_event`,
    `truncate organization cascade`,
  ])('cannot be rewritten: %s', async (statement) => {
    const { orgId } = await api.tenant();
    const before = await trailOf(database, orgId);
    await expect(database.pool.query(statement)).rejects.toThrow('audit_event is append-only');
    expect(await trailOf(database, orgId)).toEqual(before);
  });

  test('shows any change to what it covers', async () => {
    const { orgId } = await api.tenant();
    const [event] = await trailOf(database, orgId);
    if (!event) throw new Error('a tenant has a trail');
    expect(event.hash).toEqual(hashOf(event));
    const changes: Partial<Event>[] = [
      { action: 'api_key.deleted' },
      { actor_id: 'key_other' },
      { sequence: '2' },
      { occurred_at: new Date(0) },
      { details: '{"a":1}' },
      { target_id: 'org_other' },
      { request_id: 'req_other' },
      { address: '10.0.0.1' },
      { previous_hash: Buffer.alloc(32, 1) },
    ];
    for (const change of changes) {
      expect(event.hash, JSON.stringify(change)).not.toEqual(hashOf({ ...event, ...change }));
    }
  });
});
