import { defaultPort, type Dialect } from '../../../shared/dialects.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { SignIn } from './sign-in/proof.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
  readonly digest: boolean;
  readonly caCertificate: string | null;
  readonly signIn: SignIn;
}

/**
 * What of a connection matters to PostgreSQL. Without a database name: PostgreSQL's own convention,
 * the database named like the user; on Supabase, where user names are `postgres.<project>`, the one
 * database that every project has; on Redshift the one that it makes when it is asked for none. Throws INTERNAL_ERROR for a connection without host or user,
 * which the API does not let in.
 */
export function endpointOf({ connection, secrets, derive }: ConnectionTarget): Endpoint {
  const { dialect, host, username, databaseName } = connection;
  const port = connection.port ?? defaultPort(dialect, connection.sslEnabled);
  if (host === null || username === null || port === null) {
    throw new ConnectionFailure('INTERNAL_ERROR');
  }
  return {
    host,
    port,
    encrypted: connection.sslEnabled,
    digest: dialect === 'REDSHIFT',
    caCertificate: connection.sslCaCertificate,
    signIn: {
      user: username,
      database: databaseName ?? usualDatabase(dialect) ?? username,
      password: () => {
        // Asked for a password that nobody has given: the sign-in cannot succeed.
        if (secrets.password === undefined) throw new ConnectionFailure('AUTHENTICATION_FAILED');
        return secrets.password;
      },
      derive: derive ?? ((_field, _label, make) => make()),
    },
  };
}

function usualDatabase(dialect: Dialect): string | null {
  if (dialect === 'SUPABASE') return 'postgres';
  return dialect === 'REDSHIFT' ? 'dev' : null;
}
