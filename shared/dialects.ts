import { z } from 'zod';

/**
 * The database dialects of the contract, in the contract's order. `workers/connectors` is exhaustive
 * over them.
 */
export const dialects = [
  'POSTGRES',
  'SUPABASE',
  'MYSQL',
  'PLANETSCALE',
  'ATHENA',
  'BIGQUERY',
  'CLICKHOUSE',
  'SPANNER',
  'SNOWFLAKE',
  'REDSHIFT',
  'SQL_SERVER',
  'ORACLE',
  'DATABRICKS',
  'POSTHOG',
  'DUCKDB',
] as const;

export type Dialect = (typeof dialects)[number];

export const DialectSchema = z.enum(dialects).meta({ id: 'DatabaseDialect' });

/** What a connection of a dialect has to have before anybody can try it. */
interface DialectFacts {
  /** The port when the connection names none, with and without TLS; null where there are no ports. */
  readonly port: { readonly tls: number; readonly plain: number } | null;
  /** Connection and secret fields, all of them needed. */
  readonly requires: readonly string[];
  /** One of these is needed, beside `requires`. */
  readonly requiresOneOf?: readonly string[];
  /** Whether it is reached over one TCP connection, and so through an SSH tunnel too. */
  readonly isTcp: boolean;
  /** Whether `databaseName` is a file below the folder that the operator opened for the workers. */
  readonly isFile?: boolean;
}

const tcp = (port: number): DialectFacts => ({
  port: { tls: port, plain: port },
  requires: ['host', 'username'],
  isTcp: true,
});

/** Sources: the contract's port list; for the others each vendor's manual. */
export const dialectFacts: Record<Dialect, DialectFacts> = {
  POSTGRES: tcp(5432),
  // The shared pooler in transaction mode; a direct connection names 5432 itself.
  SUPABASE: tcp(6543),
  REDSHIFT: tcp(5439),
  MYSQL: tcp(3306),
  PLANETSCALE: tcp(3306),
  CLICKHOUSE: { port: { tls: 8443, plain: 8123 }, requires: ['host', 'username'], isTcp: true },
  SQL_SERVER: tcp(1433),
  // `databaseName` is the name of a service.
  ORACLE: {
    port: { tls: 2484, plain: 1521 },
    requires: ['host', 'username', 'databaseName'],
    isTcp: true,
  },
  // `databaseName` is one database, the user's default without it; `password` may be an access token.
  SNOWFLAKE: {
    port: null,
    requires: ['snowflakeAccountId', 'username'],
    requiresOneOf: ['password', 'snowflakePrivateKey'],
    isTcp: false,
  },
  BIGQUERY: { port: null, requires: ['bigQueryProjectId', 'bigQueryJsonKey'], isTcp: false },
  // Project and key are the fields that BigQuery has for them.
  SPANNER: {
    port: null,
    requires: ['bigQueryProjectId', 'bigQueryJsonKey', 'spannerInstanceId', 'databaseName'],
    isTcp: false,
  },
  // `host` is the region's endpoint or the region: athena.eu-central-1.amazonaws.com. `username` and
  // `password` are an access key, `databaseName` one database, all of the catalog's without it.
  ATHENA: {
    port: null,
    requires: ['host', 'username', 'password'],
    requiresOneOf: ['athenaWorkgroup', 'athenaOutputLocation'],
    isTcp: false,
  },
  // `host` is the workspace, `password` a personal access token, `databaseName` a catalog.
  DATABRICKS: { port: null, requires: ['host', 'password'], isTcp: false },
  // `databaseName` is the project's number, `password` a personal API key.
  POSTHOG: { port: null, requires: ['host', 'password', 'databaseName'], isTcp: false },
  DUCKDB: { port: null, requires: ['databaseName'], isTcp: false, isFile: true },
};

/** The port a connection of this dialect uses when it names none. */
export function defaultPort(dialect: Dialect, sslEnabled: boolean): number | null {
  const { port } = dialectFacts[dialect];
  return port && (sslEnabled ? port.tls : port.plain);
}
