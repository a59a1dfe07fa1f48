import { listedPages, type ListPage } from '../listed-pages.ts';
import { pathOf, type Place } from './names.ts';
import { DatasetList, TableList } from './resources.ts';
import type { BigQuerySession } from './session.ts';

// The most that BigQuery gives at a time.
const pageSize = 1_000;

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
    return { items: ids.filter((id) => !id.startsWith('_')), next: nextPageToken };
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
      items: tables.map(({ tableReference }) => tableReference.tableId),
      next: nextPageToken,
    };
  });
}

/** All pages of a list, whose parts of the query `read` is given. */
function names(
  maxNames: number,
  read: (query: string) => Promise<ListPage<string>>,
): AsyncGenerator<string> {
  return listedPages(
    maxNames,
    (name) => name,
    (pageToken) => {
      const query = new URLSearchParams({ maxResults: `${pageSize}` });
      if (pageToken !== undefined) query.set('pageToken', pageToken);
      return read(query.toString());
    },
  );
}
