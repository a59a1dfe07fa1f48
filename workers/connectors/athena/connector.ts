import type { HttpRoute } from '../../egress/http/http.ts';
import { ConnectionFailure } from '../connector.ts';
import { connectorBySession, type Occasion } from '../connector-by-session.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { type Deadlines, defaultDeadlines, maxProbeAttempts } from './limits.ts';
import { type Ask, listDatabases, listTables, proveDatabase, readTables } from './read-catalog.ts';
import { WorkGroup } from './resources.ts';
import { type AthenaSession, openSession } from './session.ts';

export interface AthenaSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
}

/**
 * The connector of ATHENA: one data catalog of an account in one region, or one database of it, over the
 * JSON API with an access key (`username` and `password`). It runs no statements, so that neither a
 * place for results is written to nor anything billed; it needs athena:List* and Get* and glue:Get*.
 */
export const createAthenaConnector = connectorBySession<AthenaSettings, AthenaSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultCatalogLimits,
    route: {},
  },
  open: openSession,
  prove,
  read: (session, { settings }) => readTables(session, settings.limits),
});

/** The calls of a sync, over one table. */
async function prove(
  session: AthenaSession,
  step: ProbeStepper,
  { settings }: Occasion<AthenaSettings>,
): Promise<string> {
  const timeoutMs = settings.deadlines.probeMs;
  const ask: Ask = { attempts: maxProbeAttempts, timeoutMs, maxResults: 1 };
  const version = await step('sign-in', () => engineVersion(session, ask));
  const database = await step('query', () => firstDatabase(session, ask));
  await step('catalog', async () => {
    if (database !== null) await listTables(session, database, ask);
  });
  return version ?? 'Amazon Athena';
}

// Every account has it, and it cannot be deleted.
const primary = 'primary';

/**
 * The workgroup's engine; asking for it is what proves the key. Throws WAREHOUSE_UNAVAILABLE for a
 * workgroup that is not there or is turned off. Without a workgroup that question needs no answer.
 */
async function engineVersion(
  session: AthenaSession,
  { attempts, timeoutMs }: Ask,
): Promise<string | null> {
  const { workgroup } = session.place;
  try {
    const { WorkGroup: found } = await session.call(WorkGroup, {
      action: 'GetWorkGroup',
      input: { WorkGroup: workgroup ?? primary },
      missing: 'WAREHOUSE_UNAVAILABLE',
      attempts,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (workgroup !== null && found.State === 'DISABLED') {
      throw new ConnectionFailure('WAREHOUSE_UNAVAILABLE');
    }
    return found.Configuration?.EngineVersion?.EffectiveEngineVersion || null;
  } catch (error) {
    // Who is told that it may not has signed in.
    if (workgroup === null && isDenied(error)) return null;
    throw error;
  }
}

/** That catalog and database are there: the database's name, or that of the first one; null for none. */
async function firstDatabase(session: AthenaSession, ask: Ask): Promise<string | null> {
  const { database } = session.place;
  if (database === null) return (await listDatabases(session, ask)).items[0] ?? null;
  await proveDatabase(session, database, ask);
  return database;
}

function isDenied(error: unknown): boolean {
  return error instanceof ConnectionFailure && error.code === 'PERMISSION_DENIED';
}

export const athena = createAthenaConnector();
