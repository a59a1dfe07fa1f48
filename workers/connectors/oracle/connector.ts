import { systemResolver } from '../../egress/resolve.ts';
import { ConnectionFailure } from '../connector.ts';
import { connectorBySession } from '../connector-by-session.ts';
import { withinLimits } from '../within-limits.ts';
import { beginReading } from './begin-reading.ts';
import { readTables } from './catalog/read-catalog.ts';
import { loadOracledb } from './driver.ts';
import { defaultDeadlines, defaultLimits } from './limits.ts';
import { openSession, type SessionSettings } from './open-session.ts';
import { prove } from './prove.ts';
import type { OracleSession } from './session.ts';

/**
 * The connector of ORACLE: Oracle Database 12.1 or newer, with a user's name and password, over TCP or
 * TCPS. `databaseName` is the name of a service. A listener that sends its clients on to another one
 * (RAC's SCAN listener, shared servers on other ports) is not followed: its own answer for a single
 * node is what `host` has to be.
 */
export const createOracleConnector = connectorBySession<SessionSettings, OracleSession>({
  defaults: {
    deadlines: defaultDeadlines,
    limits: defaultLimits,
    resolver: systemResolver,
    loadDriver: loadOracledb,
  },
  open: openSession,
  prove,
  async *read(session, { target: { memory }, settings: { limits, deadlines } }) {
    const timeoutMs = deadlines.readStatementMs;
    await beginReading(session, timeoutMs);
    yield* withinLimits(readTables({ session, memory, limits, timeoutMs }), limits);
  },
  toFailure: (error) =>
    error instanceof ConnectionFailure ? error : new ConnectionFailure('INTERNAL_ERROR'),
});

export const oracle = createOracleConnector();
