import type { TestApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { Table } from '../../server/features/catalog/contract.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { tableId } from '../../shared/ids.ts';
import { itemsOf } from '../support/api.ts';
import { createSource, readTables, type Source } from './source.ts';
import { syncOnce } from './sync-once.ts';

/** Sources of a test file that are synced from tables, and what is seen of them. */
export function useSources(database: TestDatabase, api: TestApi) {
  const sync = (source: Source, tables: readonly CatalogTable[]) =>
    syncOnce(database.url, source.id, readTables(tables));

  async function synced(tables: readonly CatalogTable[]): Promise<Source> {
    const source = await createSource(api);
    await sync(source, tables);
    return source;
  }

  const idOf = (source: Source, name: string, schema = 'public') =>
    tableId(source.id, schema, name);

  const list = async (source: Source, query = '') =>
    itemsOf(await source.get(`tables${query}`), Table).items;

  const names = async (source: Source, query = '') =>
    (await list(source, query)).map(({ name }) => name);

  return { sync, synced, idOf, list, names };
}
