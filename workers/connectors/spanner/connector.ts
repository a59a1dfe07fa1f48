import type { CatalogTable } from '../../../shared/catalog.ts';
import type { HttpRoute } from '../../egress/http/http.ts';
import type { Connector, ConnectionTarget, ProbeReport } from '../connector.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import { probeBySteps } from '../probe-steps.ts';
import { type Deadlines, defaultDeadlines } from './limits.ts';
import { readTables } from './read-catalog.ts';
import { openSession, type SpannerSession } from './session.ts';
import { catalogStatements, dialectStatement, oneRow } from './statements.ts';

export interface SpannerSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
}

const defaults: SpannerSettings = {
  deadlines: defaultDeadlines,
  limits: defaultCatalogLimits,
  route: {},
};

/**
 * The connector of SPANNER: one database of either dialect, over the REST API with the key of a service
 * account that may read it (role Cloud Spanner Database Reader).
 */
export function createSpannerConnector(settings: Partial<SpannerSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal) => readCatalog(target, complete, signal),
  };
}

function probe(
  target: ConnectionTarget,
  settings: SpannerSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  return probeBySteps(async (step) => {
    const session = await openSession(target, settings, signal, step);
    const timeoutMs = settings.deadlines.probeMs;
    try {
      const dialect = await step('query', async () => {
        await session.begin(timeoutMs);
        return dialectOf(session, timeoutMs);
      });
      await step('catalog', () => proveStatements(session, timeoutMs));
      return `Cloud Spanner, ${dialect}`;
    } finally {
      await session.close();
    }
  });
}

async function dialectOf(session: SpannerSession, timeoutMs: number): Promise<string> {
  const [row] = (await Array.fromAsync(session.rows(dialectStatement, timeoutMs))).flat();
  return row?.[0] === 'POSTGRESQL' ? 'PostgreSQL dialect' : 'GoogleSQL';
}

/** The statements of a sync, each over one row. */
async function proveStatements(session: SpannerSession, timeoutMs: number): Promise<void> {
  for (const statement of Object.values(catalogStatements)) {
    await Array.fromAsync(session.rows(oneRow(statement), timeoutMs));
  }
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: SpannerSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  const session = await openSession(target, settings, signal);
  const { readStatementMs, requestMs } = settings.deadlines;
  try {
    await session.begin(requestMs);
    yield* readTables(session, settings.limits, readStatementMs);
  } finally {
    await session.close();
  }
}

export const spanner = createSpannerConnector();
