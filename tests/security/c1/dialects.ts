import type { Dialect } from '../../../shared/dialects.ts';
import type { echoes } from './echoes.ts';

/** Where the secrets of a dialect go in this test, and what they are sent with. */
export interface CanaryDialect {
  readonly fields: object;
  /** The wire of the server that repeats what it is told; null: refused before anything is opened. */
  readonly echo: keyof typeof echoes | null;
}

const local = { host: 'localhost', username: 'reader', databaseName: 'shop', sslEnabled: true };
const google = { bigQueryProjectId: 'canary-project' };

/**
 * Every dialect but those that have a test of their own. Names of vendors' services are such that the
 * connector refuses them: there is nothing of theirs to reach from here.
 */
export const canaryDialects = {
  POSTGRES: { fields: local, echo: 'postgres' },
  SUPABASE: { fields: local, echo: 'postgres' },
  REDSHIFT: { fields: local, echo: 'postgres' },
  MYSQL: { fields: local, echo: 'mysql' },
  PLANETSCALE: { fields: local, echo: 'mysql' },
  CLICKHOUSE: { fields: local, echo: 'http' },
  POSTHOG: { fields: { ...local, databaseName: '4711' }, echo: 'http' },
  // Their drivers have servers of their own in the test; here nothing listens.
  SQL_SERVER: { fields: { ...local, port: 1 }, echo: null },
  ORACLE: { fields: { ...local, port: 1 }, echo: null },
  SNOWFLAKE: { fields: { snowflakeAccountId: 'no/account', username: 'reader' }, echo: null },
  DATABRICKS: { fields: { host: 'databricks.invalid' }, echo: null },
  ATHENA: {
    fields: { host: 'eu-central-1', username: 'reader', athenaWorkgroup: 'primary' },
    echo: null,
  },
  BIGQUERY: { fields: google, echo: null },
  SPANNER: { fields: { ...google, spannerInstanceId: 'main', databaseName: 'shop' }, echo: null },
  DUCKDB: { fields: { databaseName: 'none.duckdb' }, echo: null },
} satisfies Record<Dialect, CanaryDialect>;
