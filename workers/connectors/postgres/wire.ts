import { type Resolver, systemResolver } from '../../egress/resolve.ts';
import type { ConnectionTarget } from '../connector.ts';
import { toFailure } from './failures.ts';
import {
  type CatalogLimits,
  defaultCatalogLimits,
  defaultDeadlines,
  defaultWireLimits,
  type Deadlines,
  type WireLimits,
} from './limits.ts';
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

/** What PostgreSQL's wire gives a connector, whatever catalogs are behind it. */
export const postgresWire = {
  defaults,
  open: openSession,
  toFailure: (error: unknown, { connection }: ConnectionTarget) =>
    toFailure(error, { signingIn: false, encrypted: connection.sslEnabled }),
};
