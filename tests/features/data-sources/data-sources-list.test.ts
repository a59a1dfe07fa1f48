import { describe, expect, test } from 'vitest';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

const create = (tenant: TestTenant, body: unknown) =>
  api.request('POST', dataSourcesOf(tenant), { key: tenant.key, body });

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
