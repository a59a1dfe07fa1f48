import type { Dialect } from '../../shared/dialects.ts';
import { loadOnce } from '../../shared/load-once.ts';
import type { Connector } from './connector.ts';

const loadPostgres = loadOnce(async () => (await import('./postgres/connector.ts')).postgres);

const loadMysql = loadOnce(async () => (await import('./mysql/connector.ts')).mysql);

/** What connectors need to know of this installation. */
export interface ConnectorSettings {
  /** The one folder whose files are opened; none without it. */
  readonly DUCKDB_ROOT?: string | undefined;
}

/** One loader per dialect: a driver is loaded when its dialect is first used. */
const loaders = {
  POSTGRES: loadPostgres,
  SUPABASE: loadPostgres,
  MYSQL: loadMysql,
  PLANETSCALE: loadMysql,
  CLICKHOUSE: async () => (await import('./clickhouse/connector.ts')).clickhouse,
  POSTHOG: async () => (await import('./posthog/connector.ts')).posthog,
  BIGQUERY: async () => (await import('./bigquery/connector.ts')).bigQuery,
  DATABRICKS: async () => (await import('./databricks/connector.ts')).databricks,
  SNOWFLAKE: async () => (await import('./snowflake/connector.ts')).snowflake,
  REDSHIFT: async () => (await import('./postgres/redshift/connector.ts')).redshift,
  SQL_SERVER: async () => (await import('./sql-server/connector.ts')).sqlServer,
  ORACLE: async () => (await import('./oracle/connector.ts')).oracle,
  ATHENA: async () => (await import('./athena/connector.ts')).athena,
  SPANNER: async () => (await import('./spanner/connector.ts')).spanner,
  DUCKDB: async ({ DUCKDB_ROOT: root = null }) =>
    (await import('./duckdb/connector.ts')).createDuckdbConnector({ root }),
} satisfies Record<Dialect, (settings: ConnectorSettings) => Promise<Connector>>;

export function connectorFor(dialect: Dialect, settings: ConnectorSettings): Promise<Connector> {
  return loaders[dialect](settings);
}
