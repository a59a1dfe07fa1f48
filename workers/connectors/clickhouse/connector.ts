import type { HttpRoute } from '../../egress/http/http.ts';
import type { ConnectionTarget } from '../connector.ts';
import { connectorBySession, type Occasion } from '../connector-by-session.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { endpointOf } from './endpoint.ts';
import { type Deadlines, defaultDeadlines } from './limits.ts';
import { readTables } from './read-catalog.ts';
import { type ClickhouseSession, openSession } from './session.ts';
import { catalogStatements } from './statements.ts';

export interface ClickhouseSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
}

/**
 * The connector of CLICKHOUSE: 18.16 or newer, over its HTTP interface. A connection with a database
 * name reads that database, one without reads every database that the user may see.
 */
export const createClickhouseConnector = connectorBySession<ClickhouseSettings, ClickhouseSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultCatalogLimits,
    route: {},
  },
  open: openSession,
  prove,
  read: (session, { target, settings }) =>
    readTables(session, { ...settings, oneDatabase: namesDatabase(target) }),
});

async function prove(
  session: ClickhouseSession,
  step: ProbeStepper,
  { target }: Occasion<ClickhouseSettings>,
): Promise<string> {
  const features = await step('query', () => session.features());
  const statements = catalogStatements(features, {
    oneDatabase: namesDatabase(target),
    proofOnly: true,
  });
  await step('catalog', async () => {
    const all = [statements.tables, statements.columns, statements.indexes];
    const given = all.filter((statement) => statement !== null);
    await Promise.all(given.map((statement) => session.prove(statement)));
  });
  return `ClickHouse ${session.version}`;
}

const namesDatabase = (target: ConnectionTarget): boolean => endpointOf(target).database !== null;

export const clickhouse = createClickhouseConnector();
