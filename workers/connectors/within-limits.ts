import type { CatalogTable } from '../../shared/catalog.ts';
import { ConnectionFailure } from './connector.ts';
import type { CatalogLimits } from './limits.ts';

/** The same tables, for as long as all of them together and each alone keep to the limits. */
export async function* withinLimits(
  tables: AsyncIterable<CatalogTable>,
  limits: CatalogLimits,
): AsyncGenerator<CatalogTable> {
  const read = { tables: 0, columns: 0, characters: 0 };
  for await (const table of tables) {
    const characters = JSON.stringify(table).length;
    read.tables += 1;
    read.columns += table.columns.length;
    read.characters += characters;
    if (
      read.tables > limits.maxTables ||
      read.columns > limits.maxColumns ||
      read.characters > limits.maxBytes ||
      table.columns.length > limits.maxPartsPerTable ||
      table.foreignKeys.length > limits.maxPartsPerTable ||
      characters > limits.maxTableBytes
    ) {
      throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
    yield table;
  }
}
