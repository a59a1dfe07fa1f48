import { type Resolver, systemResolver } from '../../egress/resolve.ts';
import { connectorBySession } from '../connector-by-session.ts';
import { toFailure } from './failures.ts';
import { type Deadlines, defaultDeadlines, defaultLimits, type MysqlLimits } from './limits.ts';
import { openSession } from './open-session.ts';
import { prove } from './prove.ts';
import type { MysqlSession } from './session.ts';
import { readTables } from './catalog/read-catalog.ts';
import { beginReading } from './begin-reading.ts';
import { endpointOf } from './target.ts';

export interface MysqlSettings {
  readonly deadlines: Deadlines;
  readonly limits: MysqlLimits;
  readonly resolver: Resolver;
}

/**
 * The connector of MYSQL and PLANETSCALE: MySQL 5.7 or newer, MariaDB 10.3 or newer, Vitess. What
 * MySQL calls a database is a schema here: a connection with a database name reads that one, one
 * without reads every schema that the user may see, system schemas left out.
 */
export const createMysqlConnector = connectorBySession<MysqlSettings, MysqlSession>({
  defaults: { deadlines: defaultDeadlines, limits: defaultLimits, resolver: systemResolver },
  open: openSession,
  prove,
  async *read(session, { target, settings: { limits, deadlines } }) {
    const timeoutMs = deadlines.readStatementMs;
    const reading = await beginReading(session, target.connection.dialect, timeoutMs);
    const { memory } = target;
    const context = { session, memory, limits, timeoutMs, ...reading };
    yield* readTables(context, endpointOf(target).database);
  },
  toFailure: (error, { connection }) =>
    toFailure(error, { signingIn: false, encrypted: connection.sslEnabled }),
});

export const mysql = createMysqlConnector();
