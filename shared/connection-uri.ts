import type { Connection } from './connection.ts';
import type { Dialect } from './dialects.ts';

type Part = string | number | null;
type Write = (connection: Connection, password: string | null) => string | null;

/**
 * A connection as the URI that its database's own tools take, or null where there is none
 * (PostHog), each part percent-encoded. `password` stands in it as it is given: pass `maskedPassword`
 * for a URI to show. What a URI has no place for is not in it: SSH tunnels, certificates, keys.
 */
export function connectionUri(connection: Connection, password: string | null): string | null {
  return writers[connection.dialect](connection, password);
}

/** Stands for a password that is set. Its characters need no encoding, so it reads as it is. */
export const maskedPassword = '********';

// Sources: the manuals of libpq, MySQL's connectors, clickhouse-js, go-mssqldb, SQLAlchemy's
// dialects of Oracle, Snowflake, BigQuery, Databricks and DuckDB, PyAthena, Cloud Spanner's
// Connection API. TLS is asked for as Basekeep itself does it: verified, or not at all.
const writers: Readonly<Record<Dialect, Write>> = {
  POSTGRES: (c, password) => libpq(c, password),
  SUPABASE: (c, password) => libpq(c, password),
  REDSHIFT: (c, password) => libpq(c, password),
  MYSQL: (c, password) => mysql(c, password),
  PLANETSCALE: (c, password) => mysql(c, password),
  // The port is the one of the HTTP interface.
  CLICKHOUSE: (c, password) =>
    `${c.sslEnabled ? 'https' : 'http'}://${server(c, password)}${path(c.databaseName)}`,
  SQL_SERVER: (c, password) =>
    `sqlserver://${server(c, password)}${query({ database: c.databaseName, encrypt: String(c.sslEnabled) })}`,
  ORACLE: (c, password) => `oracle://${server(c, password)}${path(c.databaseName)}`,
  SNOWFLAKE: (c, password) =>
    `snowflake://${user(c.username, password)}${encode(c.snowflakeAccountId)}${path(c.databaseName)}` +
    query({ warehouse: c.snowflakeWarehouse, role: c.snowflakeRole }),
  BIGQUERY: (c) => `bigquery://${encode(c.bigQueryProjectId)}${path(c.databaseName)}`,
  SPANNER: (c) =>
    `cloudspanner:/projects/${encode(c.bigQueryProjectId)}/instances/${encode(c.spannerInstanceId)}` +
    `/databases/${encode(c.databaseName)}`,
  ATHENA: (c, password) =>
    `awsathena+rest://${user(c.username, password)}${athenaHost(c.host)}:443${path(c.databaseName)}` +
    query({
      s3_staging_dir: c.athenaOutputLocation,
      work_group: c.athenaWorkgroup,
      catalog_name: c.athenaCatalog,
    }),
  DATABRICKS: (c, password) =>
    `databricks://${user('token', password)}${hostOf(c)}${query({
      http_path: c.databricksWarehouseId && `/sql/1.0/warehouses/${c.databricksWarehouseId}`,
      catalog: c.databaseName,
    })}`,
  POSTHOG: () => null,
  DUCKDB: (c) => `duckdb:///${(c.databaseName ?? '').split('/').map(encode).join('/')}`,
};

function libpq(c: Connection, password: string | null): string {
  const sslmode = c.sslEnabled ? 'verify-full' : 'disable';
  return `postgres://${server(c, password)}${path(c.databaseName)}${query({ sslmode })}`;
}

function mysql(c: Connection, password: string | null): string {
  const mode = c.sslEnabled ? 'VERIFY_IDENTITY' : 'DISABLED';
  return `mysql://${server(c, password)}${path(c.databaseName)}${query({ 'ssl-mode': mode })}`;
}

/** `user:password@host:port`. */
function server(c: Connection, password: string | null): string {
  return `${user(c.username, password)}${hostOf(c)}${c.port === null ? '' : `:${c.port}`}`;
}

function user(name: string | null, password: string | null): string {
  if (name === null && password === null) return '';
  const secret = password === maskedPassword ? password : encode(password);
  return `${encode(name)}${password === null ? '' : `:${secret}`}@`;
}

/** RFC 3986: an IPv6 address stands in brackets. */
function hostOf({ host }: Connection): string {
  if (host === null) return '';
  return host.includes(':') ? `[${host}]` : host;
}

/** A region alone stands for its endpoint. */
const athenaHost = (host: string | null): string =>
  host?.includes('.') ? host : `athena.${host ?? ''}.amazonaws.com`;

/** Nothing, rather than a slash, when there is no name. */
const path = (name: string | null): string => (name ? `/${encode(name)}` : '');

function query(parameters: Readonly<Record<string, Part>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${encode(value)}`],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

/** RFC 3986 percent-encoding of everything that is not unreserved. */
function encode(part: Part): string {
  return encodeURIComponent(part ?? '').replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
