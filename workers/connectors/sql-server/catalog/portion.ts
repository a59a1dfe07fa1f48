import type { CatalogTable } from '../../../../shared/catalog.ts';
import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { Portion } from '../../in-portions.ts';
import type { CatalogLimits, PortionLimits } from '../../limits.ts';
import { PortionRoom } from '../../../memory/portion-room.ts';
import type { Row } from '../../ordered-rows.ts';
import type { SqlServerSession, Statement } from '../session.ts';
import { toId } from './object-id.ts';
import type { PartName, Statements } from './statements.ts';
import { toCatalogTable } from './table-parts.ts';

export interface PortionContext {
  readonly memory: Holding | undefined;
  readonly session: SqlServerSession;
  readonly statements: Statements;
  readonly limits: CatalogLimits & PortionLimits;
  readonly timeoutMs: number;
}

/** Rows of the tables statement by object_id, in that order. */
export type TablesById = Portion<number>;

type Parts = ReadonlyMap<number, readonly Row[]>;

/**
 * The tables of a portion, which begins after an object_id; null when it holds more than may be in
 * memory at once. Its parts are read kind by kind, each flat, and put together here.
 */
export async function readPortion(
  context: PortionContext,
  tables: TablesById,
  after: number,
): Promise<CatalogTable[] | null> {
  const { session, statements, limits } = context;
  const upTo = Math.max(after, ...tables.keys());
  const room = new PortionRoom(session, context.memory, context);
  const most = tables.size > 1 ? limits.portionBytes : limits.maxTableBytes;
  const fits = (): boolean => room.fits(most);
  const of = statements.parts(after, upTo);
  const read = (part: PartName): Promise<Parts> =>
    fits()
      ? collect(context, of[part], tables, (row) => room.fitsRow(row, most))
      : Promise.resolve(new Map());
  const parts: { readonly [part in PartName]: Parts } = {
    columns: await read('columns'),
    indexes: await read('indexes'),
    foreignKeys: await read('foreignKeys'),
    checks: await read('checks'),
  };
  if (!fits()) return null;
  return [...tables].map(([id, row]) =>
    toCatalogTable(row, {
      columns: parts.columns.get(id) ?? [],
      indexes: parts.indexes.get(id) ?? [],
      foreignKeys: parts.foreignKeys.get(id) ?? [],
      checks: parts.checks.get(id) ?? [],
    }),
  );
}

/** The rows of one kind, by their table. The rest of an answer that is too large is let go. */
async function collect(
  { session, limits, timeoutMs }: PortionContext,
  statement: Statement,
  tables: TablesById,
  fits: (row: Row) => boolean,
): Promise<Parts> {
  const parts = new Map<number, Row[]>();
  const ask = { rows: limits.maxColumns, timeoutMs };
  await session.stream(statement, ask, (row) => {
    const id = toId(row[0]);
    // Made since its portion was cut, and in no other portion then.
    if (!tables.has(id) || !fits(row)) return;
    const rows = parts.get(id) ?? [];
    if (rows.push(row) > limits.maxPartsPerTable) throw new ConnectionFailure('LIMIT_EXCEEDED');
    parts.set(id, rows);
  });
  return parts;
}
