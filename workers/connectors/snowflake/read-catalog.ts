import type { CatalogTable } from '../../../shared/catalog.ts';
import { inPages, type Page } from '../in-pages.ts';
import type { CatalogLimits } from '../limits.ts';
import { byUtf8, OrderedRows } from '../ordered-rows.ts';
import { withinLimits } from '../within-limits.ts';
import { Keys } from './keys.ts';
import type { SnowflakeSession } from './session.ts';
import { columnsStatement, tablesStatement } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

export interface ReadSettings {
  readonly limits: CatalogLimits;
  readonly database: string;
  readonly pageTables: number;
  readonly showRows: number;
}

/**
 * Every table of the database that the role sees, by schema and name, some hundred at a time. There
 * is no snapshot over an information schema; a table that is dropped meanwhile comes without its
 * columns.
 */
export function readTables(
  session: SnowflakeSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { limits, pageTables } = settings;
  const keys = {
    primary: new Keys(session, 'primary', settings),
    unique: new Keys(session, 'unique', settings),
    imported: new Keys(session, 'imported', settings),
  };
  const tables = inPages({
    pageTables,
    tablesAfter: (place) => session.rows(tablesStatement(place, pageTables)),
    read: (page) => readPage(session, { limits, keys }, page),
  });
  return withinLimits(tables, limits);
}

interface Parts {
  readonly limits: CatalogLimits;
  readonly keys: { readonly [kind in 'primary' | 'unique' | 'imported']: Keys };
}

async function* readPage(
  session: SnowflakeSession,
  { limits, keys }: Parts,
  { tables, from, to }: Page,
): AsyncGenerator<CatalogTable> {
  const columns = new OrderedRows(session.rows(columnsStatement(from, to)), {
    compare: byUtf8,
    maxRows: limits.maxPartsPerTable,
    maxCharacters: limits.maxTableBytes,
    memory: session.memory,
  });
  try {
    for (const [place, table] of tables) {
      yield toCatalogTable({
        table,
        columns: await columns.take(...place),
        primary: await keys.primary.of(...place),
        unique: await keys.unique.of(...place),
        imported: await keys.imported.of(...place),
      });
    }
    await columns.drain();
  } finally {
    columns.close();
  }
}
