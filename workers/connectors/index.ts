import type { ConnectableDialect } from '../../shared/dialects.ts';
import type { Connector } from './connector.ts';

const loadPostgres = async (): Promise<Connector> =>
  (await import('./postgres/connector.ts')).postgres;

/** One loader per dialect: a driver is loaded when its dialect is first used. */
const loaders = {
  POSTGRES: loadPostgres,
  SUPABASE: loadPostgres,
  CLICKHOUSE: async () => (await import('./clickhouse/connector.ts')).clickhouse,
} satisfies Record<ConnectableDialect, () => Promise<Connector>>;

export function connectorFor(dialect: ConnectableDialect): Promise<Connector> {
  return loaders[dialect]();
}
