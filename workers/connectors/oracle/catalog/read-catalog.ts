import type { CatalogTable } from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import { inPortions, type Portion } from '../../in-portions.ts';
import { PortionRoom } from '../../../memory/portion-room.ts';
import type { Row } from '../../ordered-rows.ts';
import { type PortionContext, readPortion } from './portion.ts';
import { firstName, owners, tables } from './statements.ts';

/**
 * Every table and view that the user can see, schema by schema and portion by portion in the order of
 * names, which is the server's business: it compares, we only ask for what comes after.
 */
export async function* readTables(context: PortionContext): AsyncGenerator<CatalogTable> {
  const { session, limits, timeoutMs } = context;
  const most = limits.maxTables;
  const schemas = await session.query(owners(most), { rows: most, timeoutMs });
  for (const [owner] of schemas) {
    if (!owner) throw new ConnectionFailure('PROTOCOL_ERROR');
    yield* inPortions(
      {
        pageAfter: (after: string) => pageAfter(context, { owner, after }),
        read: (portion, after) => readPortion(context, portion, { owner, after }),
      },
      firstName,
    );
  }
}

/** A server that does not move on is refused: it would keep us for ever. */
async function pageAfter(
  { session, limits, memory, timeoutMs }: PortionContext,
  from: { readonly owner: string; readonly after: string },
): Promise<Portion<string>> {
  const most = limits.portionTables;
  const page = new Map<string, Row>();
  const room = new PortionRoom(session, memory, limits);
  if (session.receivedBytes > limits.maxBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
  await session.stream(tables(from, most), { rows: most, timeoutMs }, (row) => {
    const [name] = row;
    if (!room.fitsRow(row, limits.portionBytes)) throw new ConnectionFailure('LIMIT_EXCEEDED');
    if (!name || name === from.after || page.has(name)) {
      throw new ConnectionFailure('PROTOCOL_ERROR');
    }
    page.set(name, row);
  });
  return page;
}
