import type { CatalogTable } from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { Row } from '../../ordered-rows.ts';
import { firstId, toId } from './object-id.ts';
import { type PortionContext, readPortion, type TablesById } from './portion.ts';

/**
 * Every table of the database that the user can see, portion by portion in the order of object_id: a
 * portion is what is in memory. Catalog views have no snapshot, so a table that changes meanwhile may
 * be read half changed.
 */
export async function* readTables(context: PortionContext): AsyncGenerator<CatalogTable> {
  const { session, limits } = context;
  const read = { tables: 0, columns: 0 };
  let after = firstId;
  for (
    let page = await pageAfter(context, after);
    page.size > 0;
    page = await pageAfter(context, after)
  ) {
    const left: TablesById[] = [page];
    for (let portion = left.shift(); portion; portion = left.shift()) {
      const tables = await readPortion(context, portion, after);
      if (session.receivedBytes > limits.maxBytes) exceeded();
      if (!tables) {
        left.unshift(...halve(portion));
        continue;
      }
      after = lastOf(portion);
      for (const table of tables) {
        read.tables += 1;
        read.columns += table.columns.length;
        if (read.tables > limits.maxTables || read.columns > limits.maxColumns) exceeded();
        yield table;
      }
    }
  }
}

/** The next tables after an object_id. A server that does not move on in its order is refused. */
async function pageAfter(context: PortionContext, after: number): Promise<TablesById> {
  const { session, statements, limits, timeoutMs } = context;
  const ask = { rows: limits.portionTables, timeoutMs };
  const startedAt = session.receivedBytes;
  const page = new Map<number, Row>();
  let last = after;
  await session.stream(statements.tables(after, limits.portionTables), ask, (row) => {
    const id = toId(row[0]);
    if (id <= last) throw new ConnectionFailure('PROTOCOL_ERROR');
    if (session.receivedBytes - startedAt > limits.maxTableBytes) exceeded();
    last = id;
    page.set(id, row);
  });
  return page;
}

/** Throws LIMIT_EXCEEDED for a single table, which cannot be cut. */
function halve(portion: TablesById): TablesById[] {
  const rows = [...portion];
  if (rows.length < 2) exceeded();
  const middle = Math.ceil(rows.length / 2);
  return [new Map(rows.slice(0, middle)), new Map(rows.slice(middle))];
}

function lastOf(portion: TablesById): number {
  return [...portion.keys()].at(-1) ?? firstId;
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
