import { hash } from 'node:crypto';
import { ConnectionFailure } from '../connector.ts';
import { pathOf, type Place } from './names.ts';
import { DatasetList, TableList } from './resources.ts';
import type { BigQuerySession } from './session.ts';

interface Page {
  readonly names: readonly string[];
  readonly next: string | undefined;
}

// The most that BigQuery gives at a time.
const pageSize = 1_000;
/** BigQuery may give empty pages with more behind them; a server that gives nothing else is no such. */
const maxEmptyPages = 100;

/** The datasets of a connection: the one that it names, or all that the account can see. */
export function datasetsOf(
  session: BigQuerySession,
  { project, dataset }: Place,
  maxNames: number,
): AsyncGenerator<string> | readonly string[] {
  if (dataset !== null) return [dataset];
  const path = pathOf('projects', project, 'datasets');
  return names(maxNames, async (query) => {
    const call = { path: `${path}?${query}`, missing: 'ACCOUNT_NOT_FOUND' } as const;
    const { datasets = [], nextPageToken } = await session.getInTurn(DatasetList, call);
    const ids = datasets.map(({ datasetReference }) => datasetReference.datasetId);
    // BigQuery's own, with the results of queries in them; it lists them only on demand.
    return { names: ids.filter((id) => !id.startsWith('_')), next: nextPageToken };
  });
}

/** The tables of a dataset by their names. */
export function tablesOf(
  session: BigQuerySession,
  project: string,
  dataset: string,
  maxNames: number,
): AsyncGenerator<string> {
  const path = pathOf('projects', project, 'datasets', dataset, 'tables');
  return names(maxNames, async (query) => {
    const call = { path: `${path}?${query}`, missing: 'DATABASE_NOT_FOUND' } as const;
    const { tables = [], nextPageToken } = await session.getInTurn(TableList, call);
    return {
      names: tables.map(({ tableReference }) => tableReference.tableId),
      next: nextPageToken,
    };
  });
}

/**
 * The names on all pages, each once: what is made or dropped meanwhile moves names from one page to the
 * next. Throws LIMIT_EXCEEDED beyond `maxNames`, repetitions included, so that a server that
 * goes in circles is found out.
 */
async function* names(
  maxNames: number,
  read: (query: string) => Promise<Page>,
): AsyncGenerator<string> {
  // Digests, because names are as long as a server likes.
  const seen = new Set<string>();
  let listed = 0;
  let emptyPages = 0;
  let pageToken: string | undefined;
  do {
    const query = new URLSearchParams({ maxResults: `${pageSize}` });
    if (pageToken !== undefined) query.set('pageToken', pageToken);
    const page = await read(query.toString());
    emptyPages = page.names.length === 0 ? emptyPages + 1 : 0;
    listed += page.names.length;
    if (emptyPages > maxEmptyPages) throw new ConnectionFailure('PROTOCOL_ERROR');
    if (listed > maxNames) throw new ConnectionFailure('LIMIT_EXCEEDED');
    for (const name of page.names) {
      const digest = hash('sha256', name, 'base64url');
      if (seen.has(digest)) continue;
      seen.add(digest);
      yield name;
    }
    pageToken = page.next || undefined;
  } while (pageToken !== undefined);
}
