import type { CatalogTable } from '../../../shared/catalog.ts';
import { type Resolver, systemResolver } from '../../egress/resolve.ts';
import { ConnectionFailure, type Connector, type ConnectionTarget } from '../connector.ts';
import { toFailure } from './failures.ts';
import { type Deadlines, defaultDeadlines, defaultLimits, type MysqlLimits } from './limits.ts';
import { openSession } from './open-session.ts';
import { probe } from './probe.ts';
import { readTables } from './catalog/read-catalog.ts';
import { beginReading } from './begin-reading.ts';
import { endpointOf } from './target.ts';

export interface MysqlSettings {
  readonly deadlines: Deadlines;
  readonly limits: MysqlLimits;
  readonly resolver: Resolver;
}

const defaults: MysqlSettings = {
  deadlines: defaultDeadlines,
  limits: defaultLimits,
  resolver: systemResolver,
};

/**
 * The connector of MYSQL and PLANETSCALE: MySQL 5.7 or newer, MariaDB 10.3 or newer, Vitess. What
 * MySQL calls a database is a schema here: a connection with a database name reads that one, one
 * without reads every schema that the user may see, system schemas left out.
 */
export function createMysqlConnector(settings: Partial<MysqlSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal) => readCatalog(target, complete, signal),
  };
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: MysqlSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  const { limits, deadlines } = settings;
  const timeoutMs = deadlines.readStatementMs;
  try {
    const session = await openSession(target, settings, signal);
    try {
      const reading = await beginReading(session, target.connection.dialect, timeoutMs);
      const context = { session, limits, timeoutMs, ...reading };
      yield* readTables(context, endpointOf(target).database);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof ConnectionFailure) throw error;
    throw toFailure(error, { signingIn: false, encrypted: target.connection.sslEnabled });
  }
}

export const mysql = createMysqlConnector();
