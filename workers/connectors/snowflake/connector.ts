import type { HttpRoute } from '../../egress/http/http.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { connectorBySession, type Occasion } from '../connector-by-session.ts';
import { beginning } from '../in-pages.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { accountOf } from './account.ts';
import { quoted } from './identifier.ts';
import { type Deadlines, defaultDeadlines, pageTables, showRows } from './limits.ts';
import { readTables } from './read-catalog.ts';
import { openSession, type SnowflakeSession } from './session.ts';
import {
  columnsStatement,
  contextStatement,
  keysStatement,
  tablesStatement,
  warehousesStatement,
} from './statements.ts';

export interface SnowflakeSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
  readonly pageTables: number;
  readonly showRows: number;
}

/**
 * The connector of SNOWFLAKE, over the SQL API: one database, by name or as the user's default
 * namespace has it, because a catalog has schemas and no databases above them. A probe never
 * resumes a suspended warehouse; a catalog read does.
 */
export const createSnowflakeConnector = connectorBySession<SnowflakeSettings, SnowflakeSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultCatalogLimits,
    route: {},
    pageTables,
    showRows,
  },
  open: openSession,
  prove,
  async *read(session, { target, settings }) {
    const { database } = await contextOf(session, target, settings.deadlines.probeMs);
    yield* readTables(session, { ...settings, database });
  },
});

async function prove(
  session: SnowflakeSession,
  step: ProbeStepper,
  { target, settings }: Occasion<SnowflakeSettings>,
): Promise<string> {
  const { probeMs } = settings.deadlines;
  const context = await step('query', () => contextOf(session, target, probeMs));
  await step('catalog', () => proveStatements(session, context, probeMs));
  return `Snowflake ${context.version}`;
}

interface Context {
  readonly version: string;
  readonly database: string;
  readonly warehouse: string;
}

/** Throws DATABASE_NOT_FOUND or WAREHOUSE_UNAVAILABLE when statements would run without one. */
async function contextOf(
  session: SnowflakeSession,
  target: ConnectionTarget,
  timeoutMs: number,
): Promise<Context> {
  const [version, database, warehouse] = await session.one(contextStatement, timeoutMs);
  const wanted = accountOf(target);
  if (!database || (wanted.database !== null && database !== wanted.database)) {
    throw new ConnectionFailure('DATABASE_NOT_FOUND');
  }
  if (!warehouse || (wanted.warehouse !== null && warehouse !== wanted.warehouse)) {
    throw new ConnectionFailure('WAREHOUSE_UNAVAILABLE');
  }
  return { version: version ?? '', database, warehouse };
}

/** The statements of a sync: keys at once, and tables over none if the warehouse runs anyway. */
async function proveStatements(
  session: SnowflakeSession,
  { database, warehouse }: Context,
  timeoutMs: number,
): Promise<void> {
  const statements = [keysStatement('imported', 'database', quoted(database))];
  let running = false;
  for await (const rows of session.rows(warehousesStatement, timeoutMs)) {
    running ||= rows.some(([name, state]) => name === warehouse && state === 'STARTED');
  }
  if (running) {
    statements.push(tablesStatement(beginning, 1), columnsStatement(beginning, beginning));
  }
  await Promise.all(
    statements.map(async (statement) => {
      for await (const _rows of session.rows(statement, timeoutMs));
    }),
  );
}

export const snowflake = createSnowflakeConnector();
