import type { EntityManager } from '../../../../shared/db/orm.ts';
import type { NumberedPage } from '../../../paging/numbered-page.ts';
import { countTables, selectTables, type TableQuery, type TableRow } from './select-tables.ts';

/**
 * The page of a number, for surfaces that count pages, and says how many tables there are. What that
 * takes grows with the catalog: whoever has a large one reads it by cursor.
 */
export async function readNumbered(
  em: EntityManager,
  query: Omit<TableQuery, 'limit'>,
  asked: NumberedPage,
): Promise<TableRow[]> {
  const { page, pageSize: limit } = asked;
  asked.totalCount = await countTables(em, query);
  return selectTables(em, { ...query, limit, offset: (page - 1) * limit });
}
