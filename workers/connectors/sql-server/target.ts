import { defaultPort } from '../../../shared/dialects.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
  readonly user: string;
  readonly password: string;
  /** Null: the default database of the login. */
  readonly database: string | null;
}

/**
 * What of a connection matters to SQL Server. Throws INTERNAL_ERROR for a connection without host or
 * user, which the API does not let in.
 */
export function endpointOf({ connection, secrets }: ConnectionTarget): Endpoint {
  const { dialect, host, username, databaseName, sslEnabled } = connection;
  const port = connection.port ?? defaultPort(dialect, sslEnabled);
  if (host === null || username === null || port === null) {
    throw new ConnectionFailure('INTERNAL_ERROR');
  }
  return {
    host,
    port,
    encrypted: sslEnabled,
    user: username,
    password: secrets.password ?? '',
    database: databaseName,
  };
}
