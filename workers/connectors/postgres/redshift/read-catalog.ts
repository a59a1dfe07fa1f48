import type { CatalogTable } from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { PostgresSession } from '../session.ts';
import { CatalogSizes } from '../catalog/catalog-sizes.ts';
import { nextOid } from '../catalog/next-oid.ts';
import type { Row } from '../gate/row-cursor.ts';
import * as statements from './statements.ts';
import {
  nameKey,
  readEstimates,
  readExternalTables,
  type ReadSettings,
  readViews,
  type Views,
} from './system-views.ts';
import { given } from '../../given.ts';
import { blankTable, toColumn, toKeys } from './table-parts.ts';

// Of 1,600 columns at most, 200 tables stay far below one answer's limit.
const pageTables = 200;

/** Names, numbers and short texts, in sets and maps. */
const costOfByte = 8;

interface Known {
  readonly estimates: ReadonlyMap<string, number>;
  readonly views: Views;
}

interface Page {
  readonly tables: readonly Row[];
  readonly columns: ReadonlyMap<string, readonly Row[]>;
  readonly constraints: ReadonlyMap<string, readonly Row[]>;
}

/**
 * Every table of the session's database, by oid, then the external ones. Pages follow the oid, which
 * the leader node has an index on, because Redshift opens one cursor at a time and materializes it.
 */
export async function* readTables(
  session: PostgresSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { deadlines, limits } = settings;
  const timeoutMs = deadlines.readStatementMs;
  const sizes = new CatalogSizes(session, limits);
  const counted = (table: CatalogTable): CatalogTable => {
    sizes.add(table.columns.length);
    return table;
  };
  const estimates = await readEstimates(session, settings);
  const begin = statements.beginReadOnly(timeoutMs) + statements.databaseStatement;
  const { rows } = await session.query(begin, { rows: 1, timeoutMs });
  const database = given(rows[0]?.[0]);
  const known = { estimates, views: await readViews(session, database, settings) };
  // Kept to the end, whatever else comes.
  settings.memory?.set(known, costOfByte * session.receivedBytes);
  for await (const page of readPages(session, settings)) {
    for (const table of page.tables) {
      if (!isStorage(table, known.views)) yield counted(toTable(table, page, known));
    }
  }
  for (const table of await readExternalTables(session, database, settings)) yield counted(table);
  await session.query('commit', { rows: 0, timeoutMs: deadlines.closeMs });
}

async function* readPages(
  session: PostgresSession,
  { deadlines, limits }: ReadSettings,
): AsyncGenerator<Page> {
  const timeoutMs = deadlines.readStatementMs;
  const rows = limits.maxPartsPerTable + pageTables * 1_600;
  for (let last = 0; ;) {
    const text = statements.tablesStatement(last, pageTables);
    const { rows: tables } = await session.query(text, { rows: pageTables, timeoutMs });
    if (tables.length === 0) return;
    const first = nextOid(tables[0], last);
    last = tables.reduce((oid, table) => nextOid(table, oid), last);
    const columns = await session.query(statements.columnsStatement(first, last), {
      rows,
      timeoutMs,
    });
    const constraints = await session.query(statements.constraintsStatement(first, last), {
      rows,
      timeoutMs,
    });
    yield {
      tables,
      columns: byTable(columns.rows, limits.maxPartsPerTable),
      constraints: byTable(constraints.rows, limits.maxPartsPerTable),
    };
  }
}

function toTable(row: Row, page: Page, { estimates, views }: Known): CatalogTable {
  const [oid, schema, name, relkind, comment] = row;
  const key = nameKey(given(schema), given(name));
  const columns = page.columns.get(given(oid)) ?? [];
  const isView = relkind === 'v';
  const viewKind = views.materialized.has(key) ? 'materialized view' : 'view';
  const late = isView && columns.length === 0 ? views.lateBinding.get(key) : undefined;
  return {
    ...blankTable,
    schema: given(schema),
    name: given(name),
    kind: isView ? viewKind : 'table',
    comment: comment ?? null,
    rowEstimate: estimates.get(given(oid)) ?? null,
    columns: late ? [...late] : columns.map(toColumn),
    ...toKeys(columns, page.constraints.get(given(oid)) ?? []),
  };
}

/** Whether a table is where a materialized view keeps its rows: `mv_tbl__<view>__0`. */
function isStorage([, schema, name, relkind]: Row, views: Views): boolean {
  const view = relkind === 'r' ? /^mv_tbl__(.+)__\d+$/.exec(given(name))?.[1] : undefined;
  return view !== undefined && views.materialized.has(nameKey(given(schema), view));
}

function byTable(rows: readonly Row[], max: number): ReadonlyMap<string, readonly Row[]> {
  const tables = Map.groupBy(rows, ([oid]) => given(oid));
  for (const parts of tables.values()) if (parts.length > max) exceeded();
  return tables;
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
