import type { CatalogTable } from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import { inPortions } from '../../in-portions.ts';
import { PortionRoom } from '../../../memory/portion-room.ts';
import type { Row } from '../../ordered-rows.ts';
import { firstId, toId } from './object-id.ts';
import { type PortionContext, readPortion, type TablesById } from './portion.ts';

/**
 * Every table of the database that the user can see, portion by portion in the order of object_id.
 * Catalog views have no snapshot, so a table that changes meanwhile may be read half changed.
 */
export async function* readTables(context: PortionContext): AsyncGenerator<CatalogTable> {
  const { session, limits } = context;
  const read = { tables: 0, columns: 0 };
  const catalog = {
    pageAfter: (after: number) => pageAfter(context, after),
    async read(portion: TablesById, after: number) {
      const tables = await readPortion(context, portion, after);
      if (session.receivedBytes > limits.maxBytes) exceeded();
      return tables;
    },
  };
  for await (const table of inPortions(catalog, firstId)) {
    read.tables += 1;
    read.columns += table.columns.length;
    if (read.tables > limits.maxTables || read.columns > limits.maxColumns) exceeded();
    yield table;
  }
}

/** The next tables after an object_id. A server that does not move on in its order is refused. */
async function pageAfter(context: PortionContext, after: number): Promise<TablesById> {
  const { session, statements, limits, memory, timeoutMs } = context;
  const ask = { rows: limits.portionTables, timeoutMs };
  const room = new PortionRoom(session, memory, limits);
  const page = new Map<number, Row>();
  let last = after;
  await session.stream(statements.tables(after, limits.portionTables), ask, (row) => {
    const id = toId(row[0]);
    if (id <= last) throw new ConnectionFailure('PROTOCOL_ERROR');
    if (!room.fitsRow(row, limits.portionBytes)) exceeded();
    last = id;
    page.set(id, row);
  });
  return page;
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
