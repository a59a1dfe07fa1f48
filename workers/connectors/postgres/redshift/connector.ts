import type { CatalogTable } from '../../../../shared/catalog.ts';
import { systemResolver } from '../../../egress/resolve.ts';
import type { Connector, ConnectionTarget } from '../../connector.ts';
import type { PostgresSettings } from '../connector.ts';
import { toFailure } from '../failures.ts';
import { defaultCatalogLimits, defaultDeadlines, defaultWireLimits } from '../limits.ts';
import { openSession } from '../session.ts';
import { probe } from './probe.ts';
import { readTables } from './read-catalog.ts';

const defaults: PostgresSettings = {
  deadlines: defaultDeadlines,
  limits: { ...defaultWireLimits, ...defaultCatalogLimits },
  resolver: systemResolver,
};

/** The connector of REDSHIFT, provisioned or serverless: PostgreSQL's wire and 8.0.2's catalogs. */
export function createRedshiftConnector(settings: Partial<PostgresSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal) => readCatalog(target, complete, signal),
  };
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: PostgresSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  try {
    const session = await openSession(target, settings, signal);
    try {
      yield* readTables(session, settings);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw toFailure(error, { signingIn: false, encrypted: target.connection.sslEnabled });
  }
}

export const redshift = createRedshiftConnector();
