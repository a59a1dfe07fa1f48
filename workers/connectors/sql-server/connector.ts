import { systemResolver } from '../../egress/resolve.ts';
import { connectorBySession } from '../connector-by-session.ts';
import { beginReading } from './begin-reading.ts';
import { readTables } from './catalog/read-catalog.ts';
import { loadTedious } from './driver.ts';
import { toFailure } from './failures.ts';
import { defaultDeadlines, defaultLimits, type SqlServerLimits } from './limits.ts';
import { openSession, type SessionSettings } from './open-session.ts';
import { prove } from './prove.ts';
import type { SqlServerSession } from './session.ts';

export interface SqlServerSettings extends SessionSettings {
  readonly limits: SqlServerLimits;
}

/**
 * The connector of SQL_SERVER: SQL Server 2012 or newer and Azure SQL, with SQL Server's own sign-in.
 * One database: the one that is named, or the default one of the login. A server that sends its
 * clients on to another one (Azure's connection policy "redirect", read-only routing) is not followed.
 */
export const createSqlServerConnector = connectorBySession<SqlServerSettings, SqlServerSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultLimits,
    resolver: systemResolver,
    loadDriver: loadTedious,
  },
  open: openSession,
  prove,
  async *read(session, { target: { memory }, settings: { limits, deadlines } }) {
    const timeoutMs = deadlines.readStatementMs;
    const { statements } = await beginReading(session, timeoutMs);
    yield* readTables({ session, memory, statements, limits, timeoutMs });
  },
  toFailure,
});

export const sqlServer = createSqlServerConnector();
