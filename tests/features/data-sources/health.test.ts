import { describe, expect, test } from 'vitest';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { Health } from '../../../server/features/health/contract.ts';
import {
  connectionFailures,
  type ConnectionFailureCode,
} from '../../../shared/failures/connection-failures.ts';
import { newId } from '../../../shared/ids.ts';
import { dataOf, errorOf, useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

async function created() {
  const tenant = await api.tenant();
  const { key, orgId } = tenant;
  const response = await api.request('POST', dataSourcesOf(tenant), { key, body: postgres });
  const source = dataOf(response, DataSource);
  /** Plays the worker that has checked the connection. */
  const check = async (failure: ConnectionFailureCode | null) => {
    const status = failure ? 'UNHEALTHY' : 'HEALTHY';
    const steps = [{ step: 'resolve', durationMs: 1.5, failure }];
    const version = failure ? null : 'PostgreSQL 18.0';
    await database.pool.query(
      `insert into health_check (id, organization_id, data_source_id, status, failure, duration_ms,
         server_version, steps, created_at, updated_at)
       values ($1, $2, $3, $4, $5, 12.25, $6, $7, now(), now())`,
      [newId('healthCheck'), orgId, source.id, status, failure, version, JSON.stringify(steps)],
    );
    await database.pool.query(
      `update data_source set last_health_status = $2, last_health_check_attempt_at = now(),
         last_healthy_at = case when $2 = 'HEALTHY' then now() else last_healthy_at end
       where id = $1`,
      [source.id, status],
    );
  };
  const read = () => api.request('GET', `${dataSourcesOf(tenant)}/${source.id}/health`, { key });
  return { tenant, source, check, read };
}

describe('the health of a data source', () => {
  test('before the first check is HEALTHY as of its creation: nothing is known against it', async () => {
    const { source, read } = await created();
    expect(dataOf(await read(), Health)).toMatchObject({
      dataSourceId: source.id,
      status: 'HEALTHY',
      lastHealthyAt: source.lastHealthyAt,
      nextCheckAt: expect.any(String),
      lastCheck: null,
    });
    expect(Date.parse(source.lastHealthyAt)).toBeCloseTo(Date.parse(source.createdAt), -2);
  });

  test('is that of the latest check', async () => {
    const { check, read } = await created();
    await check('CONNECTION_REFUSED');
    await check(null);
    expect(dataOf(await read(), Health)).toMatchObject({
      status: 'HEALTHY',
      lastCheck: {
        durationMs: 12.25,
        serverVersion: 'PostgreSQL 18.0',
        failure: null,
        steps: [{ step: 'resolve', durationMs: 1.5, failure: null }],
      },
    });
  });

  test.each(Object.keys(connectionFailures).map((code) => code as ConnectionFailureCode))(
    'with %s has the code and the public words for it',
    async (code) => {
      const { source, check, read } = await created();
      await check(code);
      const health = dataOf(await read(), Health);
      expect(health).toMatchObject({ status: 'UNHEALTHY', lastHealthyAt: source.lastHealthyAt });
      const { message, actor, advice } = connectionFailures[code];
      expect(health.lastCheck?.failure).toEqual({ code, message, actor, advice });
    },
  );

  test('is a different thing from its sync', async () => {
    const { tenant, source, check } = await created();
    await check('TIMEOUT');
    const path = `${dataSourcesOf(tenant)}/${source.id}`;
    const read = await api.request('GET', path, { key: tenant.key });
    expect(dataOf(read, DataSource)).toMatchObject({
      lastHealthStatus: 'UNHEALTHY',
      lastSyncStatus: 'PENDING',
    });
  });

  test('of a data source that is not there is NotFound', async () => {
    const { tenant } = await created();
    const path = `${dataSourcesOf(tenant)}/ds_nobody/health`;
    expect(errorOf(await api.request('GET', path, { key: tenant.key }))).toMatchObject({
      status: 404,
    });
  });
});

describe('the health of the API itself', () => {
  test('is told without a key', async () => {
    const response = await api.request('GET', '/api/healthz');
    expect(response).toMatchObject({
      status: 200,
      body: { status: 'ok', database: 'up', queue: 'up' },
    });
  });
});
