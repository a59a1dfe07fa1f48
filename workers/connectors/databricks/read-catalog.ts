import type { CatalogTable } from '../../../shared/catalog.ts';
import { collectRows } from '../collect-rows.ts';
import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import { byUtf8, OrderedRows, type Row } from '../ordered-rows.ts';
import type { DatabricksSession, Statement } from './session.ts';
import {
  beginning,
  columnsStatement,
  keysStatement,
  type Place,
  tablesStatement,
} from './statements.ts';
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
export async function* readTables(
  session: DatabricksSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { limits, catalog, pageTables } = settings;
  const read = { tables: 0, columns: 0 };
  let from: Place = beginning;
  for (;;) {
    const page = session.rows(tablesStatement(from, pageTables), catalog);
    const tables = await collectRows(page, pageTables);
    const last = tables.at(-1);
    if (!last) return;
    const to = placeOf(last);
    for await (const table of readPage(session, settings, { tables, from, to })) {
      read.tables += 1;
      read.columns += table.columns.length;
      if (read.tables > limits.maxTables || read.columns > limits.maxColumns) {
        throw new ConnectionFailure('LIMIT_EXCEEDED');
      }
      yield table;
    }
    from = to;
  }
}

interface Page {
  readonly tables: readonly Row[];
  readonly from: Place;
  readonly to: Place;
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
  let before = from;
  try {
    for (const table of tables) {
      const place = placeOf(table);
      // Growing: a server that repeats itself could make us read for ever.
      if (comparePlaces(place, before) <= 0) throw new ConnectionFailure('PROTOCOL_ERROR');
      before = place;
      const columnRows = await columns.take(...place);
      yield toCatalogTable(table, columnRows, await keys.take(...place));
    }
    for (const stream of [columns, keys]) await stream.drain();
  } finally {
    for (const stream of [columns, keys]) stream.close();
  }
}

function comparePlaces(a: Place, b: Place): number {
  return byUtf8(a[0], b[0]) || byUtf8(a[1], b[1]);
}

function placeOf([schema, table]: Row): Place {
  if (typeof schema !== 'string' || typeof table !== 'string') {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  return [schema, table];
}
