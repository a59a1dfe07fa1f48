import type { CatalogTable } from '../../../shared/catalog.ts';
import { inPages, type Page } from '../in-pages.ts';
import type { CatalogLimits } from '../limits.ts';
import { byUtf8, OrderedRows } from '../ordered-rows.ts';
import { withinLimits } from '../within-limits.ts';
import type { DatabricksSession, Statement } from './session.ts';
import { columnsStatement, keysStatement, tablesStatement } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

export interface ReadSettings {
  readonly limits: CatalogLimits;
  readonly catalog: string | null;
  readonly pageTables: number;
}

/**
 * Every table of the catalog, by schema and name, some hundred at a time: an inline result holds 25 MiB
 * at most, and larger ones would come as links to foreign hosts. Unity Catalog has no snapshot over
 * its information schema; a table that is dropped meanwhile comes without its columns.
 */
export function readTables(
  session: DatabricksSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { limits, catalog, pageTables } = settings;
  const tables = inPages({
    pageTables,
    tablesAfter: (place) => session.rows(tablesStatement(place, pageTables), catalog),
    read: (page) => readPage(session, settings, page),
  });
  return withinLimits(tables, limits);
}

async function* readPage(
  session: DatabricksSession,
  { limits, catalog }: ReadSettings,
  { tables, from, to }: Page,
): AsyncGenerator<CatalogTable> {
  const open = (statement: Statement): OrderedRows =>
    new OrderedRows(session.rows(statement, catalog), {
      compare: byUtf8,
      maxRows: limits.maxPartsPerTable,
      maxCharacters: limits.maxTableBytes,
      memory: session.memory,
    });
  const columns = open(columnsStatement(from, to));
  const keys = open(keysStatement(from, to));
  try {
    for (const [place, table] of tables) {
      const columnRows = await columns.take(...place);
      yield toCatalogTable(table, columnRows, await keys.take(...place));
    }
    for (const stream of [columns, keys]) await stream.drain();
  } finally {
    for (const stream of [columns, keys]) stream.close();
  }
}
