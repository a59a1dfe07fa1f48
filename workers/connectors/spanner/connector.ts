import type { HttpRoute } from '../../egress/http/http.ts';
import { connectorBySession, type Occasion } from '../connector-by-session.ts';
import { collectRows } from '../../memory/collect-rows.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { type Deadlines, defaultDeadlines } from './limits.ts';
import { readTables } from './read-catalog.ts';
import { openSession, type SpannerSession } from './session.ts';
import { catalogStatements, dialectStatement, oneRow } from './statements.ts';

export interface SpannerSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
}

/**
 * The connector of SPANNER: one database of either dialect, over the REST API with the key of a service
 * account that may read it (role Cloud Spanner Database Reader).
 */
export const createSpannerConnector = connectorBySession<SpannerSettings, SpannerSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultCatalogLimits,
    route: {},
  },
  open: openSession,
  prove,
  async *read(session, { settings: { deadlines, limits } }) {
    await session.begin(deadlines.requestMs);
    yield* readTables(session, limits, deadlines.readStatementMs);
  },
});

async function prove(
  session: SpannerSession,
  step: ProbeStepper,
  { settings }: Occasion<SpannerSettings>,
): Promise<string> {
  const timeoutMs = settings.deadlines.probeMs;
  const dialect = await step('query', async () => {
    await session.begin(timeoutMs);
    return dialectOf(session, timeoutMs);
  });
  await step('catalog', () => proveStatements(session, timeoutMs));
  return `Cloud Spanner, ${dialect}`;
}

async function dialectOf(session: SpannerSession, timeoutMs: number): Promise<string> {
  const [row] = await collectRows(session.rows(dialectStatement, timeoutMs), 1);
  return row?.[0] === 'POSTGRESQL' ? 'PostgreSQL dialect' : 'GoogleSQL';
}

/** The statements of a sync, each over one row. */
async function proveStatements(session: SpannerSession, timeoutMs: number): Promise<void> {
  for (const statement of Object.values(catalogStatements)) {
    await collectRows(session.rows(oneRow(statement), timeoutMs), 1);
  }
}

export const spanner = createSpannerConnector();
