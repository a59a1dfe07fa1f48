import { blankConnection, type Connection } from '../../shared/connection.ts';
import type { ConnectionTarget } from '../../workers/connectors/connector.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';

// Test servers listen on loopback.
const egress = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });

/** A connection of which only the given fields are set. */
export function connectionTarget(
  connection: Partial<Connection> & Pick<Connection, 'dialect'>,
  password?: string,
): ConnectionTarget {
  const secrets = password === undefined ? {} : { password };
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
