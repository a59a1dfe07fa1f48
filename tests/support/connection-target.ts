import { blankConnection, type Connection, type SecretField } from '../../shared/connection.ts';
import type { ConnectionTarget } from '../../workers/connectors/connector.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';

// Test servers listen on loopback.
const egress = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });

/** A connection of which only the given fields are set, and one secret: a password or what is in its place. */
export function connectionTarget(
  connection: Partial<Connection> & Pick<Connection, 'dialect'>,
  secret?: string,
  secretField: SecretField = 'password',
): ConnectionTarget {
  const secrets = secret === undefined ? {} : { [secretField]: secret };
  return {
    connection: {
      ...blankConnection(connection.dialect),
      sslEnabled: false,
      ...connection,
    },
    secrets,
    egress,
  };
}
