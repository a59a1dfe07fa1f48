import type { CatalogTable } from '../../../shared/catalog.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import type { Holding } from '../../memory/holding.ts';
import { everything } from '../../selection.ts';
import { type CatalogRequest, ConnectionFailure } from '../connector.ts';
import { readChangeToken } from './change-token.ts';
import type { CatalogLimits, Deadlines } from './limits.ts';
import type { Row } from './gate/row-cursor.ts';
import { OrderedStream, type PageHook } from './ordered-stream.ts';
import type { PostgresSession } from './session.ts';
import { beginReadOnly, type CatalogStream, catalogStatements } from './statements.ts';
import { isSupabaseInternal } from './supabase.ts';
import { type TableRows, toCatalogTable } from './table-parts.ts';
import { TypeNames } from './type-names.ts';

export interface ReadSettings {
  readonly memory: Holding | undefined;
  readonly dialect: Dialect;
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly request: CatalogRequest;
}

/** Rows of a catalog have about a hundred bytes in a dozen fields. */
const costOfByte = 5;

type Parts = Exclude<CatalogStream, 'tables'>;
type Streams = Readonly<Record<CatalogStream, OrderedStream>>;

/**
 * Every table of the session's database, in the order of their oids, as of one moment. Six cursors
 * of one snapshot are merged on the table's oid, so that a few pages of each are all that is in memory,
 * and the server never joins what we can: 0.6 times the time of the four flat statements
 * (10,000 tables of 20 columns, PostgreSQL 15 and 18).
 */
export async function* readTables(
  session: PostgresSession,
  settings: ReadSettings,
): AsyncGenerator<CatalogTable> {
  const { dialect, limits, memory } = settings;
  const { selection = everything, isKnown } = settings.request;
  const { readStatementMs: timeoutMs, closeMs } = settings.deadlines;
  const commit = () => session.query('commit', { rows: 0, timeoutMs: closeMs });
  await session.query(beginReadOnly(timeoutMs, settings.deadlines), { rows: 0, timeoutMs });
  if (isKnown) {
    const token = await readChangeToken(session, timeoutMs);
    if (token !== null && isKnown(token)) return void (await commit());
  }
  const types = new TypeNames(session, timeoutMs);
  const streams = await openStreams(session, timeoutMs, types);
  const read = { tables: 0, columns: 0, lastOid: 0 };
  for (;;) {
    const table = await streams.tables.next();
    if (!table) break;
    read.lastOid = nextOid(table, read.lastOid);
    // Its parts are passed over with the next table's.
    if (!selection.has(table[1] ?? '', table[2] ?? '')) continue;
    const startedAt = session.receivedBytes;
    const rows = await takeParts(streams, read.lastOid, limits, () => {
      const bytes = session.receivedBytes - startedAt;
      // Of a table that goes over many pages: the pages themselves are the session's.
      memory?.set(streams, costOfByte * bytes);
      if (bytes > limits.maxTableBytes) exceeded();
    });
    read.tables += 1;
    read.columns += rows.columns.length;
    if (read.tables > limits.maxTables || read.columns > limits.maxColumns) exceeded();
    if (session.receivedBytes > limits.maxBytes) exceeded();
    const complete = toCatalogTable(table, rows, types);
    if (dialect === 'SUPABASE' && isSupabaseInternal(complete.schema)) continue;
    yield complete;
  }
  await commit();
}

async function openStreams(
  session: PostgresSession,
  timeoutMs: number,
  types: TypeNames,
): Promise<Streams> {
  const cursors = Object.entries(catalogStatements).map(
    ([name, statement]) => `declare basekeep_${name} no scroll cursor for ${statement};`,
  );
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

async function takeParts(
  streams: Streams,
  oid: number,
  limits: CatalogLimits,
  checkSize: () => void,
): Promise<TableRows> {
  const take = (name: Parts): Promise<readonly Row[]> | readonly Row[] =>
    streams[name].takeTable(oid, limits.maxPartsPerTable, checkSize);
  return {
    columns: await take('columns'),
    defaults: await take('defaults'),
    comments: await take('comments'),
    constraints: await take('constraints'),
    indexes: await take('indexes'),
  };
}

/** Tables come by growing oid; a server that repeats itself could make us read for ever. */
function nextOid(table: Row, last: number): number {
  const oid = Number(table[0]);
  if (!Number.isSafeInteger(oid) || oid <= last) throw new ConnectionFailure('PROTOCOL_ERROR');
  return oid;
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
