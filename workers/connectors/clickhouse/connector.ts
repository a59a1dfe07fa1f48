import type { CatalogTable } from '../../../shared/catalog.ts';
import type { HttpRoute } from '../../egress/http/http.ts';
import type { Connector, ConnectionTarget, ProbeReport } from '../connector.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import { probeBySteps } from '../probe-steps.ts';
import { endpointOf } from './endpoint.ts';
import { type Deadlines, defaultDeadlines } from './limits.ts';
import { readTables } from './read-catalog.ts';
import { openSession } from './session.ts';
import { catalogStatements } from './statements.ts';

export interface ClickhouseSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
}

const defaults: ClickhouseSettings = {
  deadlines: defaultDeadlines,
  limits: defaultCatalogLimits,
  route: {},
};

/**
 * The connector of CLICKHOUSE: 18.16 or newer, over its HTTP interface. A connection with a database
 * name reads that database, one without reads every database that the user may see.
 */
export function createClickhouseConnector(settings: Partial<ClickhouseSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal) => readCatalog(target, complete, signal),
  };
}

function probe(
  target: ConnectionTarget,
  settings: ClickhouseSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  return probeBySteps(async (step) => {
    const session = await openSession(target, settings, signal, step);
    try {
      const features = await step('query', () => session.features());
      const oneDatabase = endpointOf(target).database !== null;
      const statements = catalogStatements(features, { oneDatabase, proofOnly: true });
      await step('catalog', async () => {
        const all = [statements.tables, statements.columns, statements.indexes];
        const given = all.filter((statement) => statement !== null);
        await Promise.all(given.map((statement) => session.prove(statement)));
      });
      return `ClickHouse ${session.version}`;
    } finally {
      await session.close();
    }
  });
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: ClickhouseSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  const session = await openSession(target, settings, signal);
  try {
    const oneDatabase = endpointOf(target).database !== null;
    yield* readTables(session, { ...settings, oneDatabase });
  } finally {
    await session.close();
  }
}

export const clickhouse = createClickhouseConnector();
