import type { CatalogTable } from '../../../shared/catalog.ts';
import { systemResolver } from '../../egress/resolve.ts';
import { ConnectionFailure, type Connector, type ConnectionTarget } from '../connector.ts';
import { beginReading } from './begin-reading.ts';
import { readTables } from './catalog/read-catalog.ts';
import { loadTedious } from './driver.ts';
import { toFailure } from './failures.ts';
import { defaultDeadlines, defaultLimits, type SqlServerLimits } from './limits.ts';
import { openSession, type SessionSettings } from './open-session.ts';
import { probe } from './probe.ts';

export interface SqlServerSettings extends SessionSettings {
  readonly limits: SqlServerLimits;
}

const defaults: SqlServerSettings = {
  deadlines: defaultDeadlines,
  limits: defaultLimits,
  resolver: systemResolver,
  loadDriver: loadTedious,
};

/**
 * The connector of SQL_SERVER: SQL Server 2012 or newer and Azure SQL, with SQL Server's own sign-in.
 * One database: the one that is named, or the default one of the login. A server that sends its
 * clients on to another one (Azure's connection policy "redirect", read-only routing) is not followed.
 */
export function createSqlServerConnector(settings: Partial<SqlServerSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal) => readCatalog(target, complete, signal),
  };
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: SqlServerSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  const { limits, deadlines } = settings;
  const timeoutMs = deadlines.readStatementMs;
  try {
    const session = await openSession(target, settings, signal);
    try {
      const { statements } = await beginReading(session, timeoutMs);
      yield* readTables({ session, statements, limits, timeoutMs });
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof ConnectionFailure) throw error;
    throw toFailure(error);
  }
}

export const sqlServer = createSqlServerConnector();
