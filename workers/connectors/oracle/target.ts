import { defaultPort } from '../../../shared/dialects.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
  readonly user: string;
  readonly password: string;
  /** As the person wrote it; `connectDescriptor` judges it. */
  readonly service: string;
}

/**
 * What of a connection matters to Oracle. Throws INTERNAL_ERROR for a connection without host, user or
 * service, which the API does not let in.
 */
export function endpointOf({ connection, secrets }: ConnectionTarget): Endpoint {
  const { dialect, host, username, databaseName, sslEnabled } = connection;
  const port = connection.port ?? defaultPort(dialect, sslEnabled);
  if (host === null || username === null || databaseName === null || port === null) {
    throw new ConnectionFailure('INTERNAL_ERROR');
  }
  return {
    ...{ host, port, encrypted: sslEnabled, user: username, service: databaseName },
    password: secrets.password ?? '',
  };
}

/** Names of services, their domain included. Nothing that means something in a descriptor. */
const servicePattern = /^[\p{L}\p{N}_$#.-]{1,250}$/u;

/**
 * Where the driver connects to and what it asks the listener for. The host is always loopback: no text
 * of a person's is in it but the name of the service, which cannot end its parenthesis.
 * Throws DATABASE_NOT_FOUND for a name that no service has.
 */
export function connectDescriptor(port: number, service: string): string {
  if (!servicePattern.test(service)) throw new ConnectionFailure('DATABASE_NOT_FOUND');
  const address = `(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${port}))`;
  return `(DESCRIPTION=${address}(CONNECT_DATA=(SERVICE_NAME=${service})))`;
}
