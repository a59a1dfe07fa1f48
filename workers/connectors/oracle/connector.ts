import type { CatalogTable } from '../../../shared/catalog.ts';
import { systemResolver } from '../../egress/resolve.ts';
import { ConnectionFailure, type Connector, type ConnectionTarget } from '../connector.ts';
import { withinLimits } from '../within-limits.ts';
import { beginReading } from './begin-reading.ts';
import { readTables } from './catalog/read-catalog.ts';
import { loadOracledb } from './driver.ts';
import { defaultDeadlines, defaultLimits } from './limits.ts';
import { openSession, type SessionSettings } from './open-session.ts';
import { probe } from './probe.ts';

const defaults: SessionSettings = {
  deadlines: defaultDeadlines,
  limits: defaultLimits,
  resolver: systemResolver,
  loadDriver: loadOracledb,
};

/**
 * The connector of ORACLE: Oracle Database 12.1 or newer, with a user's name and password, over TCP or
 * TCPS. `databaseName` is the name of a service. A listener that sends its clients on to another one
 * (RAC's SCAN listener, shared servers on other ports) is not followed: its own answer for a single
 * node is what `host` has to be.
 */
export function createOracleConnector(settings: Partial<SessionSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal) => readCatalog(target, complete, signal),
  };
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  const { limits, deadlines } = settings;
  const timeoutMs = deadlines.readStatementMs;
  try {
    const session = await openSession(target, settings, signal);
    try {
      await beginReading(session, timeoutMs);
      yield* withinLimits(readTables({ session, limits, timeoutMs }), limits);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw error instanceof ConnectionFailure ? error : new ConnectionFailure('INTERNAL_ERROR');
  }
}

export const oracle = createOracleConnector();
