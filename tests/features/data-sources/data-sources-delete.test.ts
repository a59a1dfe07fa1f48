import { describe, expect, test } from 'vitest';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { dataOf, errorOf, itemsOf, useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { dataSourcesOf, jobsOf, postgres, secretsOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

async function created() {
  const tenant = await api.tenant();
  const { key } = tenant;
  const path = dataSourcesOf(tenant);
  const response = await api.request('POST', path, { key, body: postgres });
  const { id } = dataOf(response, DataSource);
  const call = (method: string, below = '', body?: unknown) =>
    api.request(method, `${path}/${id}${below}`, { key, ...(body === undefined ? {} : { body }) });
  return { tenant, key, path, id, call };
}

describe('a deleted data source', () => {
  test('is answered with its id', async () => {
    const { id, call } = await created();
    const response = await call('DELETE');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ data: { id, deleted: true } });
  });

  test('is gone at once on every route', async () => {
    const { id, key, path, call } = await created();
    await call('DELETE');
    const answers = await Promise.all([
      call('GET'),
      call('PATCH', '', { displayName: 'x' }),
      call('DELETE'),
      call('POST', '/sync'),
      call('GET', '/syncs'),
      call('GET', '/health'),
      call('GET', '/tables'),
    ]);
    for (const answer of answers) {
      expect(errorOf(answer)).toEqual({
        status: 404,
        title: 'NotFound',
        detail: 'Data source not found',
      });
    }
    const list = itemsOf(await api.request('GET', path, { key }), DataSource);
    expect(list.items.map((item) => item.id)).not.toContain(id);
  });

  test('is gone over RPC, too', async () => {
    const { tenant, id, call } = await created();
    await call('DELETE');
    const client = api.client(tenant);
    const ref = { orgId: tenant.orgId, id };
    const asked = await Promise.allSettled([
      client.dataSources.get.query(ref),
      client.catalog.listTables.query(ref),
      client.health.get.query(ref),
      client.dataSources.requestSync.mutate(ref),
    ]);
    for (const answer of asked) {
      expect(answer).toMatchObject({ reason: { message: 'Data source not found' } });
    }
  });

  test('leaves no secret, and one job that removes the rest', async () => {
    const { id, call } = await created();
    expect(await secretsOf(database, id)).toHaveLength(1);
    await call('DELETE');
    expect(await secretsOf(database, id)).toEqual([]);
    expect(await jobsOf(database, 'delete-data-source', id)).toEqual([{ dataSourceId: id }]);
  });

  test('is deleted once when it is deleted ten times at once', async () => {
    const { id, call } = await created();
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('DELETE')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
    expect(await jobsOf(database, 'delete-data-source', id)).toHaveLength(1);
  });

  test('does not take another one with it', async () => {
    const { key, path, call } = await created();
    const other = dataOf(await api.request('POST', path, { key, body: postgres }), DataSource);
    await call('DELETE');
    const response = await api.request('GET', `${path}/${other.id}`, { key });
    expect(dataOf(response, DataSource)).toEqual(other);
    expect(await secretsOf(database, other.id)).toHaveLength(1);
  });
});

describe('a deletion that fails', () => {
  test('half-way keeps the data source and its secrets: they go in one transaction', async () => {
    const { id, call } = await created();
    await database.pool.query(`
      create function refuse_deletion() returns trigger language plpgsql as $$
      begin raise exception 'no'; end $$;
      create trigger refuse_deletion before insert on audit_event for each row
      when (new.action = 'data_source.deleted') execute function refuse_deletion()`);
    try {
      expect(errorOf(await call('DELETE'))).toMatchObject({ status: 500, title: 'InternalError' });
    } finally {
      await database.pool.query('drop function refuse_deletion cascade');
    }
    expect((await call('GET')).status).toBe(200);
    expect(await secretsOf(database, id)).toHaveLength(1);
    expect(await jobsOf(database, 'delete-data-source', id)).toEqual([]);
  });

  test('because it has never been there is NotFound', async () => {
    const { key, path } = await created();
    const response = await api.request('DELETE', `${path}/ds_00000000000000000000000000`, { key });
    expect(response.status).toBe(404);
  });
});
