import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import { listedPages } from '../listed-pages.ts';
import { withinLimits } from '../within-limits.ts';
import { maxReadAttempts } from './limits.ts';
import { Database, DatabaseList, type TableMetadata, TableMetadataList } from './resources.ts';
import type { AthenaSession, Call } from './session.ts';
import { toCatalogTable } from './table-parts.ts';

// The most that Athena gives at a time, of either.
const pageSize = 50;

/** How many a list is asked for, and how insistently; a sync's own without it. */
export type Ask = Pick<Call, 'attempts' | 'timeoutMs'> & { readonly maxResults: number };

const whole: Ask = { attempts: maxReadAttempts, maxResults: pageSize };

/**
 * Every table of the catalog's databases, page by page, by calls that cost nothing; columns and comments
 * come with the list. The API has no snapshot: a database that is dropped meanwhile is left out.
 */
export function readTables(
  session: AthenaSession,
  limits: CatalogLimits,
): AsyncGenerator<CatalogTable> {
  return withinLimits(tablesOf(session, limits.maxTables), limits);
}

async function* tablesOf(session: AthenaSession, maxItems: number): AsyncGenerator<CatalogTable> {
  const { database } = session.place;
  for await (const schema of database === null ? databasesOf(session, maxItems) : [database]) {
    try {
      const tables = listedPages<TableMetadata>(
        maxItems,
        ({ Name }) => Name,
        (token) => listTables(session, schema, whole, token),
      );
      for await (const table of tables) yield toCatalogTable(schema, table);
    } catch (error) {
      // Dropped since the databases were listed; one that the connection names has to be there.
      if (database !== null || !isGone(error)) throw error;
    }
  }
}

function databasesOf(session: AthenaSession, maxItems: number): AsyncGenerator<string> {
  return listedPages<string>(
    maxItems,
    (name) => name,
    (token) => listDatabases(session, whole, token),
  );
}

/** One page of the names of the catalog's databases. CATALOG_NOT_FOUND. */
export async function listDatabases(session: AthenaSession, ask: Ask, token?: string) {
  const answer = await session.call(DatabaseList, {
    action: 'ListDatabases',
    input: { ...inCatalog(session), ...pageInput(ask, token) },
    missing: 'CATALOG_NOT_FOUND',
    ...ask,
  });
  return {
    items: answer.DatabaseList.map(({ Name }) => Name),
    next: answer.NextToken ?? undefined,
  };
}

/** One page of a database's tables. DATABASE_NOT_FOUND. */
export async function listTables(
  session: AthenaSession,
  database: string,
  ask: Ask,
  token?: string,
) {
  const answer = await session.call(TableMetadataList, {
    action: 'ListTableMetadata',
    input: { ...inCatalog(session), DatabaseName: database, ...pageInput(ask, token) },
    missing: 'DATABASE_NOT_FOUND',
    ...ask,
  });
  return { items: answer.TableMetadataList, next: answer.NextToken ?? undefined };
}

/** That a database is there. DATABASE_NOT_FOUND, also where its catalog is not. */
export async function proveDatabase(
  session: AthenaSession,
  database: string,
  { attempts, timeoutMs }: Ask,
): Promise<void> {
  await session.call(Database, {
    action: 'GetDatabase',
    input: { ...inCatalog(session), DatabaseName: database },
    missing: 'DATABASE_NOT_FOUND',
    attempts,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/** With the workgroup, which rights may depend on and catalogs of IAM Identity Center ask for. */
function inCatalog({ place: { catalog, workgroup } }: AthenaSession) {
  return { CatalogName: catalog, ...(workgroup === null ? {} : { WorkGroup: workgroup }) };
}

function pageInput({ maxResults }: Ask, token: string | undefined) {
  return { MaxResults: maxResults, ...(token === undefined ? {} : { NextToken: token }) };
}

const gone: ConnectionFailureCode = 'DATABASE_NOT_FOUND';

function isGone(error: unknown): boolean {
  return error instanceof ConnectionFailure && error.code === gone;
}
