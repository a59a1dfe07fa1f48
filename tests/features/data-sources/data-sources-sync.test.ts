import { describe, expect, test } from 'vitest';
import { DataSource, SyncRun } from '../../../server/features/data-sources/contract.ts';
import { newId } from '../../../shared/ids.ts';
import { dataOf, errorOf, itemsOf, useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { dataSourcesOf, finishJobs, jobsOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

async function created() {
  const tenant = await api.tenant();
  const { key } = tenant;
  const response = await api.request('POST', dataSourcesOf(tenant), { key, body: postgres });
  const { id } = dataOf(response, DataSource);
  const path = `${dataSourcesOf(tenant)}/${id}`;
  return {
    tenant,
    id,
    request: () => api.request('POST', `${path}/sync`, { key }),
    list: (query = '') => api.request('GET', `${path}/syncs${query}`, { key }),
    read: async () => dataOf(await api.request('GET', path, { key }), DataSource),
    jobs: () => jobsOf(database, 'sync-schema', id),
  };
}

describe('a requested sync', () => {
  test('is accepted, pending and enqueued once', async () => {
    const source = await created();
    await finishJobs(database, source.id);
    const response = await source.request();
    expect(response.status).toBe(202);
    const run = dataOf(response, SyncRun);
    expect(run).toEqual({
      id: expect.stringMatching(/^run_[0-9a-z]{26}$/),
      dataSourceId: source.id,
      trigger: 'requested',
      status: 'PENDING',
      errorMessage: null,
      startedAt: null,
      finishedAt: null,
      tables: null,
      columns: null,
      tablesAdded: null,
      tablesChanged: null,
      tablesRemoved: null,
      tablesDeselected: null,
      tablesRead: null,
      columnsRead: null,
      createdAt: expect.any(String),
    });
    expect(await source.jobs()).toEqual([{ dataSourceId: source.id, syncRunId: run.id }]);
    expect((await source.read()).lastSyncStatus).toBe('PENDING');
  });

  test('while one is pending is that one', async () => {
    const source = await created();
    const first = dataOf(await source.request(), SyncRun);
    expect(first.trigger).toBe('created');
    expect(dataOf(await source.request(), SyncRun)).toEqual(first);
    expect(await source.jobs()).toHaveLength(1);
  });

  test('by ten at once is one run and one job', async () => {
    const source = await created();
    await finishJobs(database, source.id);
    const answers = await Promise.all(Array.from({ length: 10 }, source.request));
    expect(new Set(answers.map((answer) => dataOf(answer, SyncRun).id)).size).toBe(1);
    expect(await source.jobs()).toHaveLength(1);
  });

  test('after the last one is done is a new one', async () => {
    const source = await created();
    const first = dataOf(await source.request(), SyncRun);
    await finishJobs(database, source.id);
    expect(dataOf(await source.request(), SyncRun).id).not.toBe(first.id);
  });

  test('takes no fields', async () => {
    const source = await created();
    const path = `${dataSourcesOf(source.tenant)}/${source.id}/sync`;
    const response = await api.request('POST', path, {
      key: source.tenant.key,
      body: { full: true },
    });
    expect(errorOf(response)).toMatchObject({
      status: 400,
      fieldErrors: { full: 'Unknown field' },
    });
  });

  test('of what is not there is NotFound', async () => {
    const { tenant } = await created();
    const path = `${dataSourcesOf(tenant)}/ds_nobody/sync`;
    expect((await api.request('POST', path, { key: tenant.key })).status).toBe(404);
  });
});

describe('the list of syncs', () => {
  test('is newest first, with what became of each, page by page', async () => {
    const source = await created();
    await database.pool.query(
      `update sync_run set status = 'FAILED', failure = 'AUTHENTICATION_FAILED', started_at = now(),
         finished_at = now() where data_source_id = $1`,
      [source.id],
    );
    await database.pool.query('delete from pgboss.job where singleton_key = $1', [source.id]);
    const second = dataOf(await source.request(), SyncRun);
    const { items } = itemsOf(await source.list(), SyncRun);
    expect(items[0]).toEqual(second);
    expect(items[1]).toMatchObject({
      trigger: 'created',
      status: 'FAILED',
      errorMessage: 'The server refused the sign-in.',
      finishedAt: expect.any(String),
    });
    const first = itemsOf(await source.list('?limit=1'), SyncRun);
    expect(first).toMatchObject({ nextCursor: second.id, hasMore: true });
    const rest = itemsOf(await source.list(`?limit=1&cursor=${second.id}`), SyncRun);
    expect(rest).toMatchObject({ items: [items[1]], nextCursor: null, hasMore: false });
  });

  test('shows the figures of a sync that went well', async () => {
    const source = await created();
    const figures = {
      tables: 12,
      columns: 90,
      tablesAdded: 12,
      tablesChanged: 0,
      tablesRemoved: 0,
    };
    await database.pool.query(
      `update sync_run set status = 'SUCCESS', started_at = now(), finished_at = now(),
         tables = 12, columns = 90, tables_added = 12, tables_changed = 0, tables_removed = 0
       where data_source_id = $1`,
      [source.id],
    );
    expect(itemsOf(await source.list(), SyncRun).items).toEqual([
      expect.objectContaining({ status: 'SUCCESS', errorMessage: null, ...figures }),
    ]);
  });
});

describe('the database itself', () => {
  test('allows one pending sync per data source, whatever the code does', async () => {
    const { tenant, id } = await created();
    const second = database.pool.query(
      `insert into sync_run (id, organization_id, data_source_id, trigger, created_at, updated_at)
       values ($1, $2, $3, 'requested', now(), now())`,
      [newId('syncRun'), tenant.orgId, id],
    );
    await expect(second).rejects.toThrow(/sync_run_pending/);
  });
});
