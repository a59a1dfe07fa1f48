import type { CatalogTable } from '../../../shared/catalog.ts';
import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import { byUtf8, OrderedRows } from '../ordered-rows.ts';
import type { SpannerSession } from './session.ts';
import { catalogStatements, type Statement } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

/**
 * Every table of the database as of one moment, by five ordered streams that are merged here: memory is
 * bounded by a part of each.
 */
export async function* readTables(
  session: SpannerSession,
  limits: CatalogLimits,
  timeoutMs: number,
): AsyncGenerator<CatalogTable> {
  const open = (statement: Statement): OrderedRows =>
    new OrderedRows(session.rows(statement, timeoutMs), {
      compare: byUtf8,
      maxRows: limits.maxPartsPerTable,
      maxCharacters: limits.maxTableBytes,
      memory: session.memory,
    });
  const tables = open(catalogStatements.tables);
  const columns = open(catalogStatements.columns);
  const keys = open(catalogStatements.keys);
  const checks = open(catalogStatements.checks);
  const indexes = open(catalogStatements.indexes);
  const read = { tables: 0, columns: 0 };
  try {
    for (let row = await tables.next(); row; row = await tables.next()) {
      const at = [row[0] ?? '', row[1] ?? ''] as const;
      const table = toCatalogTable(row, {
        columns: await columns.take(...at),
        keys: await keys.take(...at),
        checks: await checks.take(...at),
        indexes: await indexes.take(...at),
      });
      read.tables += 1;
      read.columns += table.columns.length;
      if (read.tables > limits.maxTables || read.columns > limits.maxColumns) {
        throw new ConnectionFailure('LIMIT_EXCEEDED');
      }
      yield table;
    }
    for (const stream of [columns, keys, checks, indexes]) await stream.drain();
  } finally {
    for (const stream of [tables, columns, keys, checks, indexes]) stream.close();
  }
}
