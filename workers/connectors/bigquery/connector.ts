import type { HttpRoute } from '../../egress/http/http.ts';
import { connectorBySession, type Occasion } from '../connector-by-session.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { type Deadlines, defaultDeadlines, defaultPace, type Pace } from './limits.ts';
import { pathOf, type Place } from './names.ts';
import { readTables, tablePath } from './read-catalog.ts';
import { Dataset, DatasetList, Table, TableList } from './resources.ts';
import { type BigQuerySession, openSession } from './session.ts';

export interface BigQuerySettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly pace: Pace;
  readonly route: HttpRoute;
}

/**
 * The connector of BIGQUERY: a project, or one dataset of it, over the REST API v2 with the key of a
 * service account that may read metadata (role BigQuery Metadata Viewer). It runs no queries, so that
 * neither the right to run jobs is needed nor anything billed.
 */
export const createBigQueryConnector = connectorBySession<BigQuerySettings, BigQuerySession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultCatalogLimits,
    pace: defaultPace,
    route: {},
  },
  open: openSession,
  prove,
  read: (session, { settings }) =>
    readTables(session, session.place, settings.limits, settings.pace.concurrency),
});

async function prove(
  session: BigQuerySession,
  step: ProbeStepper,
  { settings }: Occasion<BigQuerySettings>,
): Promise<string> {
  const { place } = session;
  const timeoutMs = settings.deadlines.probeMs;
  const dataset = await step('query', () => firstDataset(session, place, timeoutMs));
  await step('catalog', () => proveTables(session, place.project, dataset, timeoutMs));
  return 'BigQuery API v2';
}

/** That project and dataset are there: the dataset's name, or that of the first one; null for none. */
async function firstDataset(
  session: BigQuerySession,
  { project, dataset }: Place,
  timeoutMs: number,
): Promise<string | null> {
  const path = pathOf('projects', project, 'datasets');
  if (dataset !== null) {
    // Without its access list, which needs the right bigquery.datasets.getIamPolicy.
    const view = `${pathOf('projects', project, 'datasets', dataset)}?datasetView=METADATA`;
    const one = { path: view, timeoutMs };
    await session.get(Dataset, { ...one, missing: 'DATABASE_NOT_FOUND' });
    return dataset;
  }
  const all = { path: `${path}?maxResults=1`, timeoutMs };
  const { datasets = [] } = await session.get(DatasetList, {
    ...all,
    missing: 'ACCOUNT_NOT_FOUND',
  });
  return datasets[0]?.datasetReference.datasetId ?? null;
}

/** The calls of a sync, over one table. */
async function proveTables(
  session: BigQuerySession,
  project: string,
  dataset: string | null,
  timeoutMs: number,
): Promise<void> {
  if (dataset === null) return;
  const path = `${pathOf('projects', project, 'datasets', dataset, 'tables')}?maxResults=1`;
  const missing = 'DATABASE_NOT_FOUND';
  const { tables = [] } = await session.get(TableList, { path, timeoutMs, missing });
  const name = tables[0]?.tableReference.tableId;
  if (name === undefined) return;
  const table = tablePath({ project, schema: dataset, name });
  await session.get(Table, { path: table, timeoutMs, missing });
}

export const bigQuery = createBigQueryConnector();
