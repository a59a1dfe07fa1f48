import type { CatalogTable } from '../../../shared/catalog.ts';
import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import { withinLimits } from '../within-limits.ts';
import { pathOf, type Place } from './names.ts';
import { datasetsOf, tablesOf } from './pages.ts';
import { Table, tableFields } from './resources.ts';
import type { BigQuerySession } from './session.ts';
import { type TableName, toCatalogTable } from './table-parts.ts';

/**
 * Every table of the datasets, a few at a time, by calls that cost nothing; queries of
 * INFORMATION_SCHEMA are billed. The API has no snapshot: a table that is dropped between its listing
 * and its turn is left out.
 */
export async function* readTables(
  session: BigQuerySession,
  place: Place,
  limits: CatalogLimits,
  concurrency: number,
): AsyncGenerator<CatalogTable> {
  const names = tableNames(session, place, limits.maxTables);
  const tables = inOrder(names, concurrency, (name) => readTable(session, name));
  yield* withinLimits(present(tables), limits);
}

async function* present<T>(items: AsyncIterable<T | null>): AsyncGenerator<T> {
  for await (const item of items) if (item !== null) yield item;
}

async function* tableNames(
  session: BigQuerySession,
  place: Place,
  maxNames: number,
): AsyncGenerator<TableName> {
  const { project } = place;
  for await (const schema of datasetsOf(session, place, maxNames)) {
    try {
      for await (const name of tablesOf(session, project, schema, maxNames)) {
        yield { project, schema, name };
      }
    } catch (error) {
      // Dropped since the datasets were listed; one that the connection names has to be there.
      if (place.dataset !== null || !isGone(error)) throw error;
    }
  }
}

async function readTable(session: BigQuerySession, at: TableName): Promise<CatalogTable | null> {
  try {
    const call = { path: tablePath(at), missing: 'DATABASE_NOT_FOUND' } as const;
    return toCatalogTable(at, await session.getInTurn(Table, call));
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof ConnectionFailure && error.code === 'DATABASE_NOT_FOUND';
}

/** Where a table is described, with the fields that a catalog needs. */
export function tablePath({ project, schema, name }: TableName): string {
  const path = pathOf('projects', project, 'datasets', schema, 'tables', name);
  return `${path}?${new URLSearchParams({ fields: tableFields }).toString()}`;
}

/** Results in the order of their sources, with so many at work at a time. */
async function* inOrder<S, R>(
  sources: AsyncIterable<S>,
  concurrency: number,
  work: (source: S) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  for await (const source of sources) {
    const result = work(source);
    // Nobody may be waiting for it when the read ends early.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length >= concurrency) yield* await first(begun);
  }
  while (begun.length > 0) yield* await first(begun);
}

async function first<R>(begun: Promise<R>[]): Promise<R[]> {
  return Promise.all(begun.splice(0, 1));
}
