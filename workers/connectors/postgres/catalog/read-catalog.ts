import { setImmediate as turn } from 'node:timers/promises';
import type { CatalogTable } from '../../../../shared/catalog.ts';
import type { Dialect } from '../../../../shared/dialects.ts';
import type { Holding } from '../../../memory/holding.ts';
import { everything } from '../../../selection.ts';
import { type CatalogRequest, ConnectionFailure, type StoredCatalog } from '../../connector.ts';
import { given } from '../../given.ts';
import { beginCatalogState, readCatalogState } from './catalog-state.ts';
import { CatalogSizes } from './catalog-sizes.ts';
import { isAllSent, openNames, openStreams, tableRows, takeParts } from './catalog-streams.ts';
import { findChangedTables } from './changed-tables.ts';
import { givenNumber } from './given-number.ts';
import type { CatalogLimits, Deadlines } from '../limits.ts';
import type { PostgresSession } from '../session.ts';
import { beginReadOnly } from './statements.ts';
import { isSupabaseInternal } from '../supabase.ts';
import { toCatalogTable } from './table-parts.ts';
import { TypeNames } from './type-names.ts';

export interface ReadSettings {
  readonly memory: Holding | undefined;
  readonly dialect: Dialect;
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly request: CatalogRequest;
}

/**
 * How many columns are worked through before the event loop has a turn. Without one nobody reads what
 * the server has sent, nor asks for more, until a page is used up, and then the server has to be waited for.
 */
const columnsPerTurn = 100;

/** Rows of a catalog have about a hundred bytes in a dozen fields. */
const costOfByte = 5;

/**
 * The tables of the session's database as of one moment: all of them, or those that may have changed
 * since the stored catalog was read.
 */
export async function* readTables(
  session: PostgresSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { stored } = settings.request;
  const { readStatementMs: timeoutMs, closeMs } = settings.deadlines;
  const commit = () => session.query('commit', { rows: 0, timeoutMs: closeMs });
  await session.query(beginReadOnly(timeoutMs, settings.deadlines), { rows: 0, timeoutMs });
  const sizes = new CatalogSizes(session, settings.limits);
  const before = stored?.state ?? null;
  const now = before ? await readCatalogState(session, timeoutMs) : null;
  if (stored && !before) {
    // With nothing to be compared it can wait, until the server would be idle.
    const finish = await beginCatalogState(session, timeoutMs);
    let state: ReturnType<typeof finish> | undefined;
    const askState = () => (state ??= finish());
    // Awaited at the end; when the reading fails before, nobody asks.
    const onAllSent = (): void => void askState().catch(() => undefined);
    yield* readWhole(session, settings, { these: null, sizes, onAllSent });
    const seen = await askState();
    if (seen) stored.see(seen);
  } else if (!stored || !now) {
    yield* readWhole(session, settings, { these: null, sizes });
  } else {
    stored.see(now);
    if (before?.token !== now.token) {
      const these = await findChangedTables(session, { before, now }, timeoutMs);
      yield* readWhole(session, settings, { these, sizes });
      if (these) await leaveOthers(session, settings, { these, sizes, stored });
    }
  }
  await commit();
}

interface Reading {
  /** The oids of the tables that are to be read, and of others; all tables when null. */
  readonly these: ReadonlySet<number> | null;
  readonly sizes: CatalogSizes;
  /** Called when the server has sent all there is to be worked through; more than once, or never. */
  readonly onAllSent?: () => void;
}

/**
 * Tables with all that is to be known of them, in the order of their oids. Six cursors of one snapshot
 * are merged on the table's oid, so that a few pages of each are all that is in memory, and the server
 * never joins what we can: 0.6 times the time of the four flat statements (10,000 tables of 20
 * columns, PostgreSQL 15 and 18).
 */
async function* readWhole(
  session: PostgresSession,
  { request, dialect, limits, memory, deadlines }: ReadSettings,
  { these, sizes, onAllSent }: Reading,
): AsyncGenerator<CatalogTable> {
  if (these?.size === 0) return;
  const { selection = everything } = request;
  const types = new TypeNames(session, deadlines.readStatementMs);
  const streams = await openStreams(session, deadlines.readStatementMs, types, these);
  let columns = 0;
  for await (const [oid, table] of tableRows(streams.tables)) {
    // Its parts are passed over with the next table's.
    if (!selection.has(table[1] ?? '', table[2] ?? '')) continue;
    const startedAt = session.receivedBytes;
    const rows = await takeParts(streams, oid, limits, () => {
      const bytes = session.receivedBytes - startedAt;
      // Of a table that goes over many pages: the pages themselves are the session's.
      memory?.set(streams, costOfByte * bytes);
      if (bytes > limits.maxTableBytes) exceeded();
    });
    sizes.add(rows.columns.length);
    columns += rows.columns.length;
    if (columns >= columnsPerTurn) {
      columns = 0;
      if (onAllSent && isAllSent(streams)) onAllSent();
      await turn();
    }
    const complete = toCatalogTable(table, rows, types);
    if (dialect === 'SUPABASE' && isSupabaseInternal(complete.schema)) continue;
    yield complete;
  }
}

/** Tells of the tables that are not among `these`. */
async function leaveOthers(
  session: PostgresSession,
  { request, dialect, deadlines }: ReadSettings,
  { these, sizes, stored }: Reading & { these: ReadonlySet<number>; stored: StoredCatalog },
): Promise<void> {
  const { selection = everything } = request;
  const names = await openNames(session, deadlines.readStatementMs);
  for await (const [oid, [, schema, name, columns]] of tableRows(names)) {
    if (these.has(oid)) continue;
    const table = { schema: given(schema), name: given(name), columns: givenNumber(columns) };
    if (!selection.has(table.schema, table.name)) continue;
    sizes.add(table.columns);
    if (dialect === 'SUPABASE' && isSupabaseInternal(table.schema)) continue;
    stored.leave(table);
  }
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
