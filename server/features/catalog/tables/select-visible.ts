import type { EntityManager } from '../../../../shared/db/orm.ts';
import { orderedCharacters } from '../../../../shared/catalog-changes/place.ts';
import { selectTables, selectTablesWith, type TableQuery, type TableRow } from './select-tables.ts';

/**
 * Up to `limit` tables outside of hidden schemas. A hidden schema is jumped over, not walked through:
 * it may be most of the data source.
 */
export async function selectVisible(
  em: EntityManager,
  query: Omit<TableQuery, 'withoutSchemas'>,
  hiddenSchemas: ReadonlySet<string>,
): Promise<TableRow[]> {
  // The order does not tell long names apart, so behind such a schema could be another one.
  const withoutSchemas = [...hiddenSchemas].filter((name) => name.length > orderedCharacters);
  const rows: TableRow[] = [];
  const { columnNames, ...wanted } = query;
  for (let after = query.after; ;) {
    const limit = query.limit - rows.length;
    const page = { ...wanted, withoutSchemas, after, limit };
    const next = await (columnNames
      ? selectTablesWith(em, columnNames, page)
      : selectTables(em, page));
    const hidden = next.find(({ schema_name: schema }) => hiddenSchemas.has(schema));
    rows.push(...(hidden ? next.slice(0, next.indexOf(hidden)) : next));
    if (!hidden) return rows;
    after = { dataSourceId: query.dataSourceId, schema: hidden.schema_name, table: null };
  }
}
