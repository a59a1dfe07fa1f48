import { isIPv6 } from 'node:net';
import { defaultPort } from '../../../shared/dialects.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

export interface Endpoint {
  readonly origin: string;
  /** Basic rather than X-ClickHouse-* headers: it carries any character, and proxies know to hide it. */
  readonly authorization: string;
  /** Null reads every database that the user may see. */
  readonly database: string | null;
}

/**
 * What of a connection matters to ClickHouse's HTTP interface. Throws CREDENTIALS_INVALID for a user
 * name that Basic authentication cannot carry, and INTERNAL_ERROR for a connection without host or
 * user, which the API does not let in.
 */
export function endpointOf({ connection, secrets }: ConnectionTarget): Endpoint {
  const { host, username, sslEnabled, databaseName } = connection;
  const port = connection.port ?? defaultPort('CLICKHOUSE', sslEnabled);
  if (!host || !username || port === null) throw new ConnectionFailure('INTERNAL_ERROR');
  // RFC 7617, section 2: the first colon ends the user name.
  if (username.includes(':')) throw new ConnectionFailure('CREDENTIALS_INVALID');
  const credentials = Buffer.from(`${username}:${secrets.password ?? ''}`).toString('base64');
  return {
    origin: `${sslEnabled ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    authorization: `Basic ${credentials}`,
    database: databaseName === '' ? null : databaseName,
  };
}
