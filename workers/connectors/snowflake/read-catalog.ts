import type { CatalogTable } from '../../../shared/catalog.ts';
import { collectRows } from '../collect-rows.ts';
import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import { byUtf8, OrderedRows, type Row } from '../ordered-rows.ts';
import { Keys } from './keys.ts';
import type { SnowflakeSession } from './session.ts';
import { beginning, columnsStatement, type Place, tablesStatement } from './statements.ts';
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
export async function* readTables(
  session: SnowflakeSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { limits, pageTables } = settings;
  const keys = {
    primary: new Keys(session, 'primary', settings),
    unique: new Keys(session, 'unique', settings),
    imported: new Keys(session, 'imported', settings),
  };
  const read = { tables: 0, columns: 0 };
  let from: Place = beginning;
  for (;;) {
    const statement = tablesStatement(from, pageTables);
    const tables = await collectRows(session.rows(statement), pageTables);
    const last = tables.at(-1);
    if (!last) return;
    const to = placeOf(last);
    for await (const table of readPage(session, { limits, keys, tables, from, to })) {
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
  readonly limits: CatalogLimits;
  readonly keys: { readonly [kind in 'primary' | 'unique' | 'imported']: Keys };
  readonly tables: readonly Row[];
  readonly from: Place;
  readonly to: Place;
}

async function* readPage(
  session: SnowflakeSession,
  { limits, keys, tables, from, to }: Page,
): AsyncGenerator<CatalogTable> {
  const columns = new OrderedRows(session.rows(columnsStatement(from, to)), {
    compare: byUtf8,
    maxRows: limits.maxPartsPerTable,
    maxCharacters: limits.maxTableBytes,
    memory: session.memory,
  });
  let before = from;
  try {
    for (const table of tables) {
      const place = placeOf(table);
      // Growing: a server that repeats itself could make us read for ever.
      if (comparePlaces(place, before) <= 0) throw new ConnectionFailure('PROTOCOL_ERROR');
      before = place;
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

function comparePlaces(a: Place, b: Place): number {
  return byUtf8(a[0], b[0]) || byUtf8(a[1], b[1]);
}

function placeOf([schema, table]: Row): Place {
  if (typeof schema !== 'string' || typeof table !== 'string') {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  return [schema, table];
}
