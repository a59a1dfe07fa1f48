import { type Resolver, systemResolver } from '../../egress/resolve.ts';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { CatalogRequest, Connector, ConnectionTarget } from '../connector.ts';
import { toFailure } from './failures.ts';
import {
  type CatalogLimits,
  defaultCatalogLimits,
  defaultDeadlines,
  defaultWireLimits,
  type Deadlines,
  type WireLimits,
} from './limits.ts';
import { probe } from './probe.ts';
import { readTables } from './read-catalog.ts';
import { openSession } from './session.ts';

export interface PostgresSettings {
  readonly deadlines: Deadlines;
  readonly limits: WireLimits & CatalogLimits;
  readonly resolver: Resolver;
}

const defaults: PostgresSettings = {
  deadlines: defaultDeadlines,
  limits: { ...defaultWireLimits, ...defaultCatalogLimits },
  resolver: systemResolver,
};

/** The connector of POSTGRES and SUPABASE: PostgreSQL 12 or newer, directly or behind a pooler. */
export function createPostgresConnector(settings: Partial<PostgresSettings> = {}): Connector {
  const complete = { ...defaults, ...settings };
  return {
    probe: (target, signal) => probe(target, complete, signal),
    readCatalog: (target, signal, request = {}) =>
      readCatalog(target, complete, { signal, request }),
  };
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: PostgresSettings,
  { signal, request }: { signal: AbortSignal; request: CatalogRequest },
): AsyncGenerator<CatalogTable> {
  const { dialect, sslEnabled } = target.connection;
  try {
    const session = await openSession(target, settings, signal);
    try {
      yield* readTables(session, { ...settings, dialect, request });
    } finally {
      await session.close();
    }
  } catch (error) {
    throw toFailure(error, { signingIn: false, encrypted: sslEnabled });
  }
}

export const postgres = createPostgresConnector();
