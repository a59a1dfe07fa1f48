import type { Connection } from '../../shared/connection.ts';
import type { ConnectionTarget } from '../../workers/connectors/connector.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';

const nothing = {
  databaseName: null,
  username: null,
  host: null,
  port: null,
  snowflakeAccountId: null,
  snowflakeWarehouse: null,
  snowflakeRole: null,
  bigQueryProjectId: null,
  spannerInstanceId: null,
  athenaWorkgroup: null,
  athenaOutputLocation: null,
  athenaCatalog: null,
  sslEnabled: false,
  sslCaCertificate: null,
  sshEnabled: false,
  sshHost: null,
  sshPort: null,
  sshUsername: null,
  maxPoolSize: null,
} as const;

// Test servers listen on loopback.
const egress = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });

/** A connection of which only the given fields are set. */
export function connectionTarget(
  connection: Partial<Connection> & Pick<Connection, 'dialect'>,
  password?: string,
): ConnectionTarget {
  const secrets = password === undefined ? {} : { password };
  return { connection: { ...nothing, ...connection }, secrets, egress };
}
