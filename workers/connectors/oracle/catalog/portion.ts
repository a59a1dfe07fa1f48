import type { CatalogTable } from '../../../../shared/catalog.ts';
import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { Portion } from '../../in-portions.ts';
import { PortionRoom } from '../../../memory/portion-room.ts';
import type { Row } from '../../ordered-rows.ts';
import type { OracleLimits } from '../limits.ts';
import type { OracleSession, Statement } from '../session.ts';
import { given } from './given.ts';
import { keyOf } from './key-of.ts';
import { type NamesAfter, type PartName, parts } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

export interface PortionContext {
  readonly memory: Holding | undefined;
  readonly session: OracleSession;
  readonly limits: OracleLimits;
  readonly timeoutMs: number;
}

type Grouped = ReadonlyMap<string, readonly Row[]>;

/** What the rows of a part are looked up by: their table; what foreign keys lead to, by its key. */
const groupOf = (part: PartName, row: Row): string =>
  part === 'referenced' ? keyOf(row[1], row[2]) : given(row[0]);

/**
 * The tables of a portion, which begins after a name; null when it holds more than may be in memory at
 * once. Its parts are read kind by kind, each flat, and put together here.
 */
export async function readPortion(
  context: PortionContext,
  portion: Portion<string>,
  from: NamesAfter,
): Promise<CatalogTable[] | null> {
  const { session, limits } = context;
  const upTo = [...portion.keys()].at(-1) ?? from.after;
  const room = new PortionRoom(session, context.memory, context);
  const most = portion.size > 1 ? limits.portionBytes : limits.maxTableBytes;
  const fits = (): boolean => room.fits(most);
  const statements = parts({ ...from, upTo });
  const read = (part: PartName): Promise<Grouped> =>
    fits()
      ? collect(
          context,
          statements[part],
          (row) => groupOf(part, row),
          (row) => room.fitsRow(row, most),
        )
      : Promise.resolve(new Map());
  const rows: { readonly [part in PartName]: Grouped } = {
    columns: await read('columns'),
    facts: await read('facts'),
    constraints: await read('constraints'),
    keyColumns: await read('keyColumns'),
    referenced: await read('referenced'),
    indexes: await read('indexes'),
    indexColumns: await read('indexColumns'),
  };
  if (!fits()) return null;
  return [...portion].map(([name, row]) => {
    const of = (part: PartName): readonly Row[] => rows[part].get(name) ?? [];
    return toCatalogTable(from.owner, row, {
      columns: of('columns'),
      facts: of('facts'),
      constraints: of('constraints'),
      keyColumns: of('keyColumns'),
      indexes: of('indexes'),
      indexColumns: of('indexColumns'),
      referenced: rows.referenced,
    });
  });
}

/** The rows of one kind. The rest of an answer that is too large is let go. */
async function collect(
  { session, limits, timeoutMs }: PortionContext,
  statement: Statement,
  group: (row: Row) => string,
  fits: (row: Row) => boolean,
): Promise<Grouped> {
  const grouped = new Map<string, Row[]>();
  await session.stream(statement, { rows: limits.maxColumns, timeoutMs }, (row) => {
    if (!fits(row)) return;
    const key = group(row);
    const rows = grouped.get(key) ?? [];
    if (rows.push(row) > limits.maxPartsPerTable) throw new ConnectionFailure('LIMIT_EXCEEDED');
    grouped.set(key, rows);
  });
  return grouped;
}
