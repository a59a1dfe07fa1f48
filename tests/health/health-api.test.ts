import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DataSource } from '../../server/features/data-sources/contract.ts';
import { HealthCheck, HealthIncident, Latency } from '../../server/features/health/contract.ts';
import { Schedule } from '../../server/features/schedules/contract.ts';
import { newId } from '../../shared/ids.ts';
import { dataOf, errorOf, itemsOf, useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { actionsOf, dataSourcesOf, jobsOf, postgres } from '../features/fixtures.ts';

const database = useDatabase();
const api = useApi(database);

async function created() {
  const tenant = await api.tenant();
  const { key, orgId } = tenant;
  const response = await api.request('POST', dataSourcesOf(tenant), { key, body: postgres });
  const { id } = dataOf(response, DataSource);
  const path = `${dataSourcesOf(tenant)}/${id}`;
  return {
    ...{ tenant, orgId, id, path },
    call: (method: string, below: string, body?: unknown) =>
      api.request(method, `${path}${below}`, { key, ...(body === undefined ? {} : { body }) }),
  };
}

describe('a schedule', () => {
  test('is a day and five minutes unless somebody changes it, which is on record', async () => {
    const { call, tenant } = await created();
    expect(dataOf(await call('GET', '/schedule'), Schedule)).toMatchObject({
      syncIntervalSeconds: 86_400,
      healthIntervalSeconds: 300,
      paused: null,
    });
    const body = { syncIntervalSeconds: 900, healthIntervalSeconds: 60 };
    const changed = dataOf(await call('PATCH', '/schedule', body), Schedule);
    expect(changed).toMatchObject(body);
    const inMinutes = (time: string | null) => (Date.parse(time ?? '') - Date.now()) / 60_000;
    expect(inMinutes(changed.nextSyncAt)).toBeLessThan(17);
    expect(inMinutes(changed.nextHealthCheckAt)).toBeLessThan(1.2);
    expect(await actionsOf(database, tenant.orgId)).toContain('data_source.schedule_updated');
  });

  test.each([
    [{ syncIntervalSeconds: 899 }, 'syncIntervalSeconds'],
    [{ syncIntervalSeconds: 2_592_001 }, 'syncIntervalSeconds'],
    [{ healthIntervalSeconds: 59 }, 'healthIntervalSeconds'],
    [{ healthIntervalSeconds: 86_401 }, 'healthIntervalSeconds'],
    [{ healthIntervalSeconds: 60.5 }, 'healthIntervalSeconds'],
  ])('outside of its bounds is refused by name: %j', async (body, field) => {
    const { call, tenant } = await created();
    const before = await call('GET', '/schedule');
    const refused = errorOf(await call('PATCH', '/schedule', body));
    expect(refused).toMatchObject({ status: 400, title: 'ValidationError' });
    expect(refused.detail).toContain(field);
    expect((await call('GET', '/schedule')).body).toEqual(before.body);
    expect(await actionsOf(database, tenant.orgId)).not.toContain('data_source.schedule_updated');
  });

  test('is paused with a reason and resumed with a check, once however often it is asked', async () => {
    const { call, tenant, id } = await created();
    await database.pool.query('delete from pgboss.job');
    expect((await call('POST', '/pause', {})).status).toBe(400);
    const reason = 'The warehouse is being moved';
    await call('POST', '/pause', { reason });
    const again = dataOf(await call('POST', '/pause', { reason }), Schedule);
    expect(again).toMatchObject({ nextSyncAt: null, paused: { reason } });
    expect(await jobsOf(database, 'check-health', id)).toEqual([]);
    await call('POST', '/resume');
    const resumed = dataOf(await call('POST', '/resume'), Schedule);
    expect(resumed.paused).toBeNull();
    expect(await jobsOf(database, 'check-health', id)).toHaveLength(1);
    const acts = (await actionsOf(database, tenant.orgId)).slice(-2);
    expect(acts).toEqual(['data_source.paused', 'data_source.resumed']);
  });
});

describe('the memory of health', () => {
  test('is listed newest first, page by page, on every surface in its words', async () => {
    const { call, orgId, id, tenant } = await created();
    const failures = [null, 'TIMEOUT', 'TIMEOUT', null];
    for (const failure of failures) {
      await database.pool.query(
        `insert into health_check (id, organization_id, data_source_id, status, failure,
           duration_ms, steps, created_at, updated_at)
         values ($1, $2, $3, $4, $5, 3, $6, now(), now())`,
        [
          ...[newId('healthCheck'), orgId, id, failure ? 'UNHEALTHY' : 'HEALTHY', failure],
          JSON.stringify([{ step: 'connect', durationMs: 3, failure }]),
        ],
      );
    }
    const first = itemsOf(await call('GET', '/health/checks?limit=3'), HealthCheck);
    expect(first.items.map(({ failure }) => failure?.code ?? null)).toEqual([
      null,
      'TIMEOUT',
      'TIMEOUT',
    ]);
    const rest = `/health/checks?limit=3&cursor=${first.nextCursor}`;
    expect(itemsOf(await call('GET', rest), HealthCheck).items).toHaveLength(1);
    const bad = await call('GET', '/health/checks?status=UNHEALTHY');
    expect(itemsOf(bad, HealthCheck).items).toHaveLength(2);

    await database.pool.query(
      `insert into health_incident (id, organization_id, data_source_id, started_at, failure, step,
         created_at, updated_at) values ($1, $2, $3, now(), 'TIMEOUT', 'connect', now(), now())`,
      [newId('healthIncident'), orgId, id],
    );
    const [incident] = itemsOf(await call('GET', '/health/incidents'), HealthIncident).items;
    expect(incident).toMatchObject({
      dataSourceId: id,
      endedAt: null,
      cause: { code: 'TIMEOUT', actor: 'your network' },
      step: 'connect',
    });
    const { key } = tenant;
    const v1 = await api.request('GET', `/api/v1/data-sources/${id}/health/incidents`, { key });
    const Shown = z.object({ data: z.array(z.object({ started_at: z.string() })) });
    expect(Shown.parse(v1.body).data).toHaveLength(1);
    const keyed = await api.request('GET', `/api/data-sources/${id}/health/checks`, { key });
    expect(z.object({ checks: z.array(HealthCheck) }).parse(keyed.body).checks).toHaveLength(4);
  });

  test('tells latencies by hour and by day, and refuses other periods', async () => {
    const { call, id } = await created();
    await database.pool.query(
      `insert into health_hour (data_source_id, hour, checks, failed, latencies)
       values ($1, date_trunc('hour', now(), 'UTC'), 5, 1, '{10,20,30,40}')`,
      [id],
    );
    const latency = dataOf(await call('GET', '/health/latency?by=day&count=2'), Latency);
    expect(latency.periods).toEqual([
      expect.objectContaining({
        checks: 5,
        failed: 1,
        p50Ms: 25,
        p95Ms: 38.5,
        p99Ms: expect.closeTo(39.7),
      }),
    ]);
    expect(errorOf(await call('GET', '/health/latency?by=week')).detail).toContain('by');
    expect(errorOf(await call('GET', '/health/latency?count=401')).detail).toContain('count');
  });
});
