import { defaultPort } from '../../../shared/dialects.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string | null;
}

/**
 * What of a connection matters to MySQL. A server has no default database: without a name, the
 * catalog is of everything that the user may see. Throws INTERNAL_ERROR for a connection without
 * host or user, which the API does not let in, and TLS_REQUIRED for PLANETSCALE without TLS: its
 * edge would refuse, but only after it has read the user name.
 */
export function endpointOf({ connection, secrets }: ConnectionTarget): Endpoint {
  const { dialect, host, username, databaseName, sslEnabled } = connection;
  const port = connection.port ?? defaultPort(dialect, sslEnabled);
  if (host === null || username === null || port === null) {
    throw new ConnectionFailure('INTERNAL_ERROR');
  }
  if (dialect === 'PLANETSCALE' && !sslEnabled) throw new ConnectionFailure('TLS_REQUIRED');
  return {
    host,
    port,
    encrypted: sslEnabled,
    user: username,
    password: secrets.password,
    database: databaseName,
  };
}
