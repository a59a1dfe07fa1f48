import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import type { Services } from '../../../server/context.ts';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
const api = useApi(database);

const metrics = async (url = api.url, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/metrics`, { headers });
  return { status: response.status, text: await response.text() };
};

test('healthz says that database and queue are there', async () => {
  expect((await api.request('GET', '/api/healthz')).body).toEqual({
    status: 'ok',
    database: 'up',
    queue: 'up',
  });
});

test('metrics count requests by operation, method and status, without what callers put in paths', async () => {
  const { key, orgId } = await api.tenant();
  await api.request('GET', `/api/public/organizations/${orgId}`, { key });
  await api.request('GET', '/api/public/organizations/org_of_somebody', { key });
  const { text } = await metrics();
  const counted = (status: string) =>
    new RegExp(
      `^basekeep_http_request_duration_seconds_count\\{.*operation="organizations.get".*status="${status}".*\\} [1-9]`,
      'm',
    );
  expect(text).toMatch(counted('200'));
  expect(text).toMatch(counted('404'));
  expect(text).not.toContain(orgId);
  expect(text).not.toContain('org_of_somebody');
});

test('metrics carry what workers reported, summed, and forget the silent ones', async () => {
  const snapshot = (value: number) =>
    JSON.stringify([
      {
        name: 'basekeep_test_jobs_total',
        help: 'Jobs',
        type: 'counter',
        values: [{ value, labels: { queue: 'sync-schema' } }],
        aggregator: 'sum',
      },
    ]);
  await database.pool.query(
    `insert into worker_metrics (worker_id, reported_at, metrics) values
     ('one', now(), $1), ('two', now(), $2), ('gone', now() - interval '2 minutes', $3)`,
    [snapshot(2), snapshot(3), snapshot(100)],
  );
  expect((await metrics()).text).toMatch(/^basekeep_test_jobs_total\{.*\} 5$/m);
});

test('metrics ask for the token when there is one', async () => {
  const app = createApp({
    services: { log: { child: () => ({}), info: () => undefined } } as unknown as Services,
    readiness: {
      progress: { stage: 'started', isStopping: false },
      check: () => Promise.reject(new Error('not asked')),
    },
    metricsToken: 'a token of sixteen',
  });
  const server = createServer(app).listen(0);
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  try {
    for (const token of [undefined, 'another token', '']) {
      expect((await metrics(`http://127.0.0.1:${port}`, token)).status).toBe(401);
    }
  } finally {
    server.close();
  }
});
