import { describe, expect, test } from 'vitest';
import { ColumnMatch, Table } from '../../server/features/catalog/contract.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { tableId } from '../../shared/ids.ts';
import { errorOf, itemsOf, useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { column, table } from '../support/sources/fake-connector.ts';
import { readAll } from './read-all.ts';
import { createSource, readTables, type Source } from './source.ts';
import { syncOnce } from './sync-once.ts';

const database = useDatabase();
const api = useApi(database);

async function synced(tables: readonly CatalogTable[], tenant?: TestTenant): Promise<Source> {
  const source = await createSource(api, tenant);
  await syncOnce(database.url, source.id, readTables(tables));
  return source;
}

const named = async (source: Source, query: string) =>
  itemsOf(await source.get(`tables?${query}`), Table).items.map(({ name }) => name);

describe('tables', () => {
  test('are found by any part of their name, in any case, whose wildcards are letters', async () => {
    const source = await synced(
      ['order', 'OrderLine', 'reorder', '100%', '100 %', 'a_b', 'axb', '\\d'].map((name) =>
        table(name),
      ),
    );
    const found = (text: string) => named(source, `search=${encodeURIComponent(text)}`);
    expect(await found('ORDER')).toEqual(['OrderLine', 'order', 'reorder']);
    expect(await found('o')).toEqual(['OrderLine', 'order', 'reorder']);
    expect(await found('100%')).toEqual(['100%']);
    expect(await found('a_b')).toEqual(['a_b']);
    expect(await found('\\')).toEqual(['\\d']);
    expect(await found('nothing')).toEqual([]);
  });

  test('are filtered by schema and kind, together with all else', async () => {
    const source = await synced([
      { ...table('orders'), schema: 'a' },
      { ...table('orders_view', { kind: 'view' }), schema: 'a' },
      { ...table('orders'), schema: 'b' },
      { ...table('others'), schema: 'a' },
    ]);
    expect(await named(source, 'schema=a')).toEqual(['orders', 'orders_view', 'others']);
    expect(await named(source, 'kind=view')).toEqual(['orders_view']);
    expect(await named(source, 'schema=a&kind=table&search=orders')).toEqual(['orders']);
    expect(await named(source, 'schema=A')).toEqual([]);
    const bad = errorOf(await source.get('tables?kind=chair'));
    expect(bad).toMatchObject({ status: 400, fieldErrors: { kind: expect.any(String) } });
  });
});

const search = (tenant: TestTenant, query: string, key = tenant.key) =>
  api.request('GET', `/api/public/organizations/${tenant.orgId}/columns?${query}`, { key });

const matches = async (tenant: TestTenant, text: string) => {
  const all = await readAll(ColumnMatch, (cursor) =>
    search(tenant, `limit=2&search=${encodeURIComponent(text)}${cursor}`),
  );
  return all.map(({ dataSourceId, name, columns }) => [
    dataSourceId,
    name,
    columns.map((one) => one.name),
  ]);
};

const withColumns = (name: string, ...columns: string[]) =>
  table(name, { columns: columns.map(column) });

describe('columns', () => {
  test('are found over all data sources of the organization, table by table, page by page', async () => {
    const tenant = await api.tenant();
    const one = await synced(
      [withColumns('a', 'id', 'customer_id'), withColumns('b', 'Customer', 'CUSTOMERS', 'x')],
      tenant,
    );
    const two = await synced(
      [withColumns('a', 'customer'), withColumns('b', 'x'), withColumns('c', 'xcustomerx')],
      tenant,
    );
    await synced([withColumns('foreign', 'customer')]);
    const wanted = [
      [one.id, 'a', ['customer_id']],
      [one.id, 'b', ['Customer', 'CUSTOMERS']],
      [two.id, 'a', ['customer']],
      [two.id, 'c', ['xcustomerx']],
    ];
    expect(await matches(tenant, 'cusTomer')).toEqual(wanted);
    expect(await matches(tenant, '100%')).toEqual([]);
  });

  test('that are hidden are not found, and pages are filled up behind them', async () => {
    const source = await synced(['a', 'b', 'c'].map((name) => withColumns(name, 'cell', 'x')));
    for (const name of ['a', 'b']) {
      const path = `tables/${tableId(source.id, 'public', name)}/columns`;
      await source.patch(path, { column: 'cell', isHidden: true });
    }
    const answer = itemsOf(await search(source.tenant, 'search=cell&limit=1'), ColumnMatch);
    expect(answer).toMatchObject({ items: [{ name: 'c' }], hasMore: false });
  });

  test('that are gone are not found, though their name is remembered', async () => {
    const source = await synced([withColumns('t', 'old', 'stays')]);
    await syncOnce(database.url, source.id, readTables([withColumns('t', 'stays')]));
    expect(await matches(source.tenant, 'old')).toEqual([]);
    expect(await matches(source.tenant, 'stays')).toHaveLength(1);
  });

  test('of a deleted data source are not found', async () => {
    const source = await synced([withColumns('t', 'cell')]);
    const { orgId, key } = source.tenant;
    await api.request('DELETE', `/api/public/organizations/${orgId}/data-sources/${source.id}`, {
      key,
    });
    expect(await matches(source.tenant, 'cell')).toEqual([]);
  });

  test('with hostile and endless names are found like others', async () => {
    const long = `${'x'.repeat(3_000)}END`;
    const source = await synced([
      withColumns('t', long, "'; drop table", 'ünïcode', '%', '{a,"b"}'),
    ]);
    expect(await matches(source.tenant, 'ÜNÏ')).toHaveLength(1);
    expect(await matches(source.tenant, "'; DROP")).toHaveLength(1);
    expect(await matches(source.tenant, '%')).toHaveLength(1);
    expect(await matches(source.tenant, '{a,"')).toHaveLength(1);
    expect(await matches(source.tenant, 'xxx')).toHaveLength(1);
  });

  test('of another organization cannot be reached by a cursor', async () => {
    const [mine, foreign] = [
      await synced([withColumns('a', 'cell')]),
      await synced([withColumns('b', 'cell')]),
    ];
    const { items } = itemsOf(await search(foreign.tenant, 'search=cell'), ColumnMatch);
    const cursor = items[0]?.id ?? '';
    const answer = errorOf(await search(mine.tenant, `search=cell&cursor=${cursor}`));
    expect(answer).toMatchObject({ status: 400, fieldErrors: { cursor: expect.any(String) } });
    expect(answer).toEqual(errorOf(await search(mine.tenant, 'search=cell&cursor=tbl_nobody')));
  });
});
