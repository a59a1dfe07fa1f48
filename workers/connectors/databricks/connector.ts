import { z } from 'zod';
import type { HttpRoute } from '../../egress/http/http.ts';
import { connectorBySession, type Occasion } from '../connector-by-session.ts';
import { beginning } from '../in-pages.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { endpointOf } from './endpoint.ts';
import { answerFailure } from './failures.ts';
import { type Deadlines, defaultDeadlines, pageTables } from './limits.ts';
import { readTables } from './read-catalog.ts';
import { type DatabricksSession, openSession } from './session.ts';
import { columnsStatement, keysStatement, tablesStatement } from './statements.ts';

export interface DatabricksSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
  readonly pageTables: number;
}

/**
 * The connector of DATABRICKS: a SQL warehouse of a workspace with Unity Catalog, over the Statement
 * Execution API. A probe never starts a stopped warehouse; a catalog read does.
 */
export const createDatabricksConnector = connectorBySession<DatabricksSettings, DatabricksSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultCatalogLimits,
    route: {},
    pageTables,
  },
  open: openSession,
  prove,
  read: (session, { target, settings }) =>
    readTables(session, { ...settings, catalog: endpointOf(target).catalog }),
});

const Nothing = z.object({});

async function prove(
  session: DatabricksSession,
  step: ProbeStepper,
  { target, settings }: Occasion<DatabricksSettings>,
): Promise<string> {
  const { catalog } = endpointOf(target);
  await step('query', () => proveCatalog(session, catalog, settings.deadlines.probeMs));
  await step('catalog', () => proveStatements(session, catalog));
  const version = session.warehouse.channel?.dbsql_version;
  return version ? `Databricks SQL ${version}` : 'Databricks SQL';
}

/** That the catalog is there and may be used, by Unity Catalog, which needs no warehouse. */
async function proveCatalog(
  { api }: DatabricksSession,
  catalog: string | null,
  timeoutMs: number,
): Promise<void> {
  const path = '/api/2.1/unity-catalog';
  const missing = { 400: 'DATABASE_NOT_FOUND', 404: 'DATABASE_NOT_FOUND' } as const;
  await api.call(Nothing, {
    method: 'GET',
    path:
      catalog === null
        ? `${path}/current-metastore-assignment`
        : `${path}/catalogs/${encodeURIComponent(catalog)}`,
    timeoutMs,
    failure: answerFailure(missing),
  });
}

/** The statements of a sync over no tables, on a warehouse that runs anyway. */
async function proveStatements(session: DatabricksSession, catalog: string | null): Promise<void> {
  if (session.warehouse.state !== 'RUNNING') return;
  const statements = [
    tablesStatement(beginning, 1),
    columnsStatement(beginning, beginning),
    keysStatement(beginning, beginning),
  ];
  for (const statement of statements) {
    for await (const _rows of session.rows(statement, catalog));
  }
}

export const databricks = createDatabricksConnector();
