import type { CatalogTable } from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import { byUtf8, OrderedRows } from '../../ordered-rows.ts';
import type { ReaderRequest } from '../messages.ts';
import type { Database } from './open-database.ts';
import { catalogStatements } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

/** Runs every statement of a catalog, for a row of each. Throws ConnectionFailure. */
export async function proveTables(database: Database): Promise<void> {
  for (const statement of Object.values(catalogStatements)) {
    await database.rows(`from (${statement}) limit 1`).next();
  }
}

/**
 * Every table and view of the file, by schema and name. Four ordered statements are merged, so that
 * a portion of each is in memory. A file that is only read does not change: it is one snapshot.
 */
export async function* readTables(
  database: Database,
  limits: Pick<ReaderRequest, 'maxPartsPerTable' | 'maxTableCharacters'>,
): AsyncGenerator<CatalogTable> {
  const open = (statement: string): OrderedRows =>
    new OrderedRows(database.rows(statement), {
      compare: byUtf8,
      maxRows: limits.maxPartsPerTable,
      maxCharacters: limits.maxTableCharacters,
    });
  const tables = open(catalogStatements.tables);
  const columns = open(catalogStatements.columns);
  const constraints = open(catalogStatements.constraints);
  const indexes = open(catalogStatements.indexes);
  for (;;) {
    const table = await tables.next();
    if (!table) return;
    const [schema, name] = table;
    if (typeof schema !== 'string' || typeof name !== 'string') {
      throw new ConnectionFailure('FILE_CORRUPT');
    }
    yield toCatalogTable(table, {
      columns: await columns.take(schema, name),
      constraints: await constraints.take(schema, name),
      indexes: await indexes.take(schema, name),
    });
  }
}
