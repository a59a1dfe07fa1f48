import { DataSource } from '../../server/features/data-sources/contract.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { dataSourcesOf, postgres } from '../features/fixtures.ts';
import { dataOf, type TestApi, type TestTenant } from '../support/api.ts';

/** A data source of a tenant, and the paths below it. */
export interface Source {
  readonly tenant: TestTenant;
  readonly id: string;
  readonly get: (path: string, key?: string) => ReturnType<TestApi['request']>;
  readonly patch: (path: string, body: object, key?: string) => ReturnType<TestApi['request']>;
}

export async function createSource(api: TestApi, tenant?: TestTenant): Promise<Source> {
  const owner = tenant ?? (await api.tenant());
  const all = dataSourcesOf(owner);
  const created = await api.request('POST', all, { key: owner.key, body: postgres });
  const { id } = dataOf(created, DataSource);
  return {
    tenant: owner,
    id,
    get: (path, key = owner.key) => api.request('GET', `${all}/${id}/${path}`, { key }),
    patch: (path, body, key = owner.key) =>
      api.request('PATCH', `${all}/${id}/${path}`, { key, body }),
  };
}

/** A catalog that somebody has read before. */
export async function* readTables(tables: readonly CatalogTable[]): AsyncIterable<CatalogTable> {
  yield* await Promise.resolve(tables);
}
