import type { CatalogColumn, CatalogTable } from '../../../../shared/catalog.ts';
import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { CatalogLimits, Deadlines } from '../limits.ts';
import type { PostgresSession } from '../session.ts';
import * as statements from './statements.ts';
import { given } from '../../given.ts';
import { blankColumn, blankTable } from './table-parts.ts';

export interface ReadSettings {
  readonly memory: Holding | undefined;
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
}

/** What Redshift knows about views beside its catalog tables, by `nameKey`. */
export interface Views {
  readonly materialized: ReadonlySet<string>;
  readonly lateBinding: ReadonlyMap<string, readonly CatalogColumn[]>;
}

export function nameKey(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}

// The compute nodes answer this one, behind everything else that they have to do. Nobody waits longer
// for a number that may be missing.
const estimatesMs = 20_000;

/** Rows by table oid; empty for a user who may not know. Must come before the transaction begins. */
export async function readEstimates(
  session: PostgresSession,
  { deadlines, limits }: ReadSettings,
): Promise<ReadonlyMap<string, number>> {
  const serverMs = Math.min(estimatesMs, deadlines.readStatementMs);
  const text = `${statements.beginReadOnly(serverMs)}${statements.estimatesStatement}`;
  const ask = { rows: limits.maxTables, timeoutMs: deadlines.readStatementMs };
  const answer = await session.queryIfAllowed(text, ask);
  await session.query('rollback', { rows: 0, timeoutMs: deadlines.readStatementMs });
  const counts = (answer?.rows ?? []).map(([id, rows]) => [given(id), Number(rows)] as const);
  return new Map(counts.filter(([, rows]) => rows >= 0));
}

export async function readViews(
  session: PostgresSession,
  database: string,
  { deadlines, limits }: ReadSettings,
): Promise<Views> {
  const ask = { rows: limits.maxColumns, timeoutMs: deadlines.readStatementMs };
  const materialized = [
    ...(await session.query(statements.materializedViewsStatement, ask)).rows,
    ...(await session.query(statements.ownMaterializedViewsStatement, ask)).rows,
  ];
  const bound = await session.query(statements.lateBindingStatement, ask);
  const lateBinding = new Map<string, CatalogColumn[]>();
  for (const [schema, view, name, type] of bound.rows) {
    append(lateBinding, nameKey(given(schema), given(view)), limits, {
      ...blankColumn,
      name: given(name),
      type: given(type),
    });
  }
  return {
    materialized: new Set(
      materialized
        .filter(([of]) => of === database)
        .map(([, schema, name]) => nameKey(given(schema), given(name))),
    ),
    lateBinding,
  };
}

/**
 * The tables that Redshift reads from elsewhere. One answer holds them all, because Redshift has one
 * cursor at a time and reads the whole view for every page: LIMIT_EXCEEDED above maxAnswerBytes.
 */
export async function readExternalTables(
  session: PostgresSession,
  database: string,
  { deadlines, limits }: ReadSettings,
): Promise<CatalogTable[]> {
  const ask = { rows: limits.maxColumns, timeoutMs: deadlines.readStatementMs };
  const { rows } = await session.query(statements.externalColumnsStatement, ask);
  const columns = new Map<string, CatalogColumn[]>();
  const tables = new Map<string, CatalogTable>();
  const partitions = new Map<string, [place: number, name: string][]>();
  for (const [of, schema, table, name, type, nullable, place] of rows) {
    if (of !== database) continue;
    const key = nameKey(given(schema), given(table));
    // 0 for columns that the table is not partitioned by.
    if (Number(place) > 0) {
      partitions.set(key, [...(partitions.get(key) ?? []), [Number(place), given(name)]]);
    }
    // `true`, `false`, or empty when the catalog outside does not say.
    const column = { ...blankColumn, name: given(name), type: given(type) };
    append(columns, key, limits, { ...column, nullable: nullable !== 'false' });
    tables.set(key, { ...blankTable, schema: given(schema), name: given(table) });
  }
  return [...tables].map(([key, table]) => ({
    ...table,
    kind: 'foreign table',
    columns: columns.get(key) ?? [],
    partitionKey: partitionKeyOf(partitions.get(key) ?? []),
  }));
}

/** As PARTITIONED BY has it; null without any. */
function partitionKeyOf(parts: readonly (readonly [number, string])[]): string | null {
  const names = parts.toSorted(([a], [b]) => a - b).map(([, name]) => quoted(name));
  return names.join(', ') || null;
}

/** A name as it stands in SQL: bare where it can, in quotes where it has to. */
function quoted(name: string): string {
  return /^[a-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function append(
  columns: Map<string, CatalogColumn[]>,
  key: string,
  { maxPartsPerTable }: CatalogLimits,
  column: CatalogColumn,
): void {
  const list = columns.get(key) ?? [];
  list.push(column);
  if (list.length > maxPartsPerTable) throw new ConnectionFailure('LIMIT_EXCEEDED');
  columns.set(key, list);
}
