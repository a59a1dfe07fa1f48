import type { CatalogTable } from '../../../../shared/catalog.ts';
import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { CatalogLimits, PortionLimits } from '../../limits.ts';
import { PortionRoom } from '../../../memory/portion-room.ts';
import type { Portion } from './portions.ts';
import type { ServerKind } from '../server-kind.ts';
import type { MysqlSession, Row } from '../session.ts';
import type { Statements } from './statements.ts';
import { isCatalogTable, type TableRows, toCatalogTable } from './table-parts.ts';

export interface PortionContext {
  readonly memory: Holding | undefined;
  readonly session: MysqlSession;
  readonly statements: Statements;
  readonly kind: ServerKind;
  readonly limits: CatalogLimits & PortionLimits;
  readonly timeoutMs: number;
}

/** The tables of a portion; or its names, when it holds more than may be in memory at once. */
export type PortionResult =
  | { readonly tables: readonly CatalogTable[] }
  | { readonly tooLarge: readonly (readonly [string, string])[] };

type Parts = Map<string, Row[]>;

const noRows: readonly Row[] = [];

/**
 * Reads a portion kind by kind, each flat, and joins the rows here: a server that joins its own
 * information_schema takes minutes for what takes a second (dialects.md, section 4.4).
 * Throws LIMIT_EXCEEDED and what a session throws.
 */
export async function readPortion(
  context: PortionContext,
  portion: Portion,
): Promise<PortionResult> {
  const { session, statements, limits } = context;
  const room = new PortionRoom(session, context.memory, context);
  const tables = new Map<string, Row>();
  await stream(context, statements.tables(portion), (row) => {
    if (!room.fitsRow(row, limits.maxTableBytes)) exceeded();
    if (isWithin(portion, row) && isCatalogTable(row, context.kind)) tables.set(keyOf(row), row);
  });
  if (tables.size === 0) return { tables: [] };
  const most = tables.size > 1 ? limits.portionBytes : limits.maxTableBytes;
  const fits = (): boolean => room.fits(most);
  const collect = async (statement: string | null): Promise<Parts> => {
    const parts: Parts = new Map();
    if (statement === null || !fits()) return parts;
    // The rest of an answer that is too large is let go as it comes.
    await stream(context, statement, (row) => {
      if (tables.has(keyOf(row)) && room.fitsRow(row, most)) add(parts, row);
    });
    return parts;
  };
  const all = {
    columns: await collect(statements.columns(portion)),
    indexes: await collect(statements.indexes(portion)),
    foreignKeys: await collect(statements.foreignKeys(portion)),
    foreignKeyRules: await collect(statements.foreignKeyRules(portion)),
    checks: await collect(statements.checks(portion)),
    partitionKeys: await collect(statements.partitionKeys(portion)),
  };
  if (fits() && !context.kind.isMariadb) await addClauses(context, all.checks, fits);
  if (!fits()) return { tooLarge: [...tables.values()].map(([s, t]) => [s ?? '', t ?? '']) };
  return { tables: [...tables].flatMap(([key, row]) => assemble(context, row, rowsOf(all, key))) };
}

function rowsOf(all: { readonly [part in keyof TableRows]: Parts }, key: string): TableRows {
  return {
    columns: all.columns.get(key) ?? noRows,
    indexes: all.indexes.get(key) ?? noRows,
    foreignKeys: all.foreignKeys.get(key) ?? noRows,
    foreignKeyRules: all.foreignKeyRules.get(key) ?? noRows,
    checks: all.checks.get(key) ?? noRows,
    partitionKeys: all.partitionKeys.get(key) ?? noRows,
  };
}

function assemble({ kind, limits }: PortionContext, table: Row, rows: TableRows): CatalogTable[] {
  for (const part of Object.values(rows)) {
    if (part.length > limits.maxPartsPerTable) exceeded();
  }
  const complete = toCatalogTable(table, rows, kind);
  return complete ? [complete] : [];
}

/** MySQL keeps the clauses of checks by schema and name; puts them into the rows of their tables. */
async function addClauses(
  context: PortionContext,
  checks: Parts,
  fits: () => boolean,
): Promise<void> {
  const wanted = new Set([...checks.values()].flat().map(checkKey));
  for (const schema of new Set([...checks.values()].flat().map(([name]) => name ?? ''))) {
    const statement = context.statements.checkClauses(schema);
    if (statement === null) continue;
    const clauses = new Map<string, string | null>();
    await stream(context, statement, (row) => {
      const key = keyOf(row);
      if (fits() && wanted.has(key)) clauses.set(key, row[2] ?? null);
    });
    for (const [table, rows] of checks) {
      checks.set(
        table,
        rows.map((row) => withClause(row, clauses)),
      );
    }
  }
}

function withClause(row: Row, clauses: ReadonlyMap<string, string | null>): Row {
  const clause = clauses.get(checkKey(row));
  return clause === undefined ? row : [...row.slice(0, 3), clause];
}

/** Schema and name of a check, of a row that has its table between them. */
function checkKey([schema, , name]: Row): string {
  return keyOf([schema ?? null, name ?? null]);
}

function add(parts: Parts, row: Row): void {
  const key = keyOf(row);
  const rows = parts.get(key);
  if (rows) rows.push(row);
  else parts.set(key, [row]);
}

function stream(context: PortionContext, text: string, onRow: (row: Row) => void): Promise<void> {
  const { session, limits, timeoutMs } = context;
  return session.stream(text, { rows: limits.maxColumns, timeoutMs }, onRow);
}

/** Portions do not overlap, whatever a server answers: so no table comes twice. */
function isWithin({ schemas, from, below }: Portion, [schema, name]: Row): boolean {
  if (typeof schema !== 'string' || typeof name !== 'string') {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  if (!schemas.includes(schema)) return false;
  if (from === null && below === null) return true;
  const bytes = Buffer.from(name);
  return (
    (from === null || Buffer.compare(bytes, Buffer.from(from)) >= 0) &&
    (below === null || Buffer.compare(bytes, Buffer.from(below)) < 0)
  );
}

/** Schema and table, of which neither can contain the character between them. */
function keyOf([schema, name]: Row): string {
  return `${schema}\0${name}`;
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
