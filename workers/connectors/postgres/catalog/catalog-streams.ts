import { nextOid } from './next-oid.ts';
import type { CatalogLimits } from '../limits.ts';
import type { Row } from '../gate/row-cursor.ts';
import { OrderedStream, type PageHook } from './ordered-stream.ts';
import type { PostgresSession } from '../session.ts';
import {
  type CatalogStream,
  catalogStatements,
  tableNamesStatement,
  type TablePart,
} from './statements.ts';
import type { TableRows } from './table-parts.ts';
import type { TypeNames } from './type-names.ts';

export type Streams = Readonly<Record<CatalogStream, OrderedStream>>;

/** Cursors over all that is to be known of tables: of all of them, or of `these` by their oids. */
export async function openStreams(
  session: PostgresSession,
  timeoutMs: number,
  types: TypeNames,
  these: ReadonlySet<number> | null,
): Promise<Streams> {
  const cursors = catalogStatements(these).map(([name, statement]) => declare(name, statement));
  await session.query(cursors.join('\n'), { rows: 0, timeoutMs });
  const open = (name: CatalogStream, learn?: PageHook) =>
    new OrderedStream(session, `basekeep_${name}`, timeoutMs, learn);
  return {
    tables: open('tables'),
    columns: open('columns', (rows) => types.learn(rows)),
    defaults: open('defaults'),
    comments: open('comments'),
    constraints: open('constraints'),
    indexes: open('indexes'),
  };
}

/** Whether the server has sent all that there is. */
export const isAllSent = (streams: Streams): boolean =>
  Object.values(streams).every(({ isAllSent }) => isAllSent);

/** A cursor over the names of all tables, see `tableNamesStatement`. */
export async function openNames(
  session: PostgresSession,
  timeoutMs: number,
): Promise<OrderedStream> {
  await session.query(declare('names', tableNamesStatement), { rows: 0, timeoutMs });
  return new OrderedStream(session, 'basekeep_names', timeoutMs);
}

const declare = (name: string, statement: string): string =>
  `declare basekeep_${name} no scroll cursor for ${statement};`;

/** The parts of one table, for oids that only grow; `checkSize` as `onTurn` of `takeTable`. */
export async function takeParts(
  streams: Streams,
  oid: number,
  limits: CatalogLimits,
  checkSize: () => void,
): Promise<TableRows> {
  const take = (name: TablePart): Promise<readonly Row[]> | readonly Row[] =>
    streams[name].takeTable(oid, limits.maxPartsPerTable, checkSize);
  return {
    columns: await take('columns'),
    defaults: await take('defaults'),
    comments: await take('comments'),
    constraints: await take('constraints'),
    indexes: await take('indexes'),
  };
}

/** The rows of a cursor over tables, each with its oid. */
export async function* tableRows(stream: OrderedStream): AsyncGenerator<[oid: number, row: Row]> {
  let last = 0;
  for (;;) {
    const row = await stream.next();
    if (!row) return;
    last = nextOid(row, last);
    yield [last, row];
  }
}
