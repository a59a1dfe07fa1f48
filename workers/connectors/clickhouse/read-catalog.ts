import type { CatalogTable } from '../../../shared/catalog.ts';
import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import { OrderedRows } from '../ordered-rows.ts';
import type { Deadlines } from './limits.ts';
import type { ClickhouseSession } from './session.ts';
import { catalogStatements, type Statement } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

export interface ReadSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  /** Only the session's own database, or every one. */
  readonly oneDatabase: boolean;
}

/**
 * Every table of the session's database, or of all, by database and name. ClickHouse has no snapshot
 * over its system tables: three statements that start at one time are merged in our process, and what
 * is created or dropped between them is read without its columns, or not at all, until the next sync.
 */
export async function* readTables(
  session: ClickhouseSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { limits, oneDatabase } = settings;
  const features = await session.features();
  const statements = catalogStatements(features, { oneDatabase, proofOnly: false });
  const tables = open(session, statements.tables, settings);
  const columns = open(session, statements.columns, settings);
  const indexes = statements.indexes ? open(session, statements.indexes, settings) : null;
  const read = { tables: 0, columns: 0 };
  try {
    for (;;) {
      const table = await tables.next();
      if (!table) break;
      const [schema, name] = table;
      if (typeof schema !== 'string' || typeof name !== 'string') break;
      const columnRows = await columns.take(schema, name);
      const indexRows = (await indexes?.take(schema, name)) ?? [];
      read.tables += 1;
      read.columns += columnRows.length;
      if (read.tables > limits.maxTables || read.columns > limits.maxColumns) {
        throw new ConnectionFailure('LIMIT_EXCEEDED');
      }
      yield toCatalogTable(table, columnRows, indexRows);
    }
    // The rest belongs to tables that are newer than the list; reading it ends the statements.
    for (const stream of [columns, indexes]) await stream?.drain();
  } finally {
    for (const stream of [tables, columns, indexes]) stream?.close();
  }
}

function open(
  session: ClickhouseSession,
  statement: Statement,
  { deadlines, limits }: ReadSettings,
): OrderedRows {
  const ask = {
    maxBytes: limits.maxBytes,
    firstRowMs: deadlines.readStatementMs,
    timeoutMs: deadlines.readMs,
  };
  return new OrderedRows(session.rows(statement, ask), {
    maxRows: limits.maxPartsPerTable,
    maxCharacters: limits.maxTableBytes,
    memory: session.memory,
  });
}
