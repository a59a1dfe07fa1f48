import {
  secretFields,
  type Connection,
  type ConnectionField,
  type ConnectionSecrets,
  type SecretField,
} from '../../../shared/connection.ts';
import {
  defaultPorts,
  isConnectable,
  requiredFields,
  type Dialect,
} from '../../../shared/dialects.ts';
import { invalidField } from '../../../shared/errors.ts';

type Given = {
  readonly [F in ConnectionField | SecretField]?: Connection[keyof Connection] | undefined;
};

/** The secrets among what was sent. An empty string counts as not sent. */
export function secretsIn(input: Given): ConnectionSecrets {
  const sent = secretFields.flatMap((field) => {
    const value = input[field];
    return typeof value === 'string' && value !== '' ? [[field, value] as const] : [];
  });
  return Object.fromEntries(sent);
}

/** A blank connection of a dialect, before anything of it is known. */
function blank(dialect: Dialect): Connection {
  return {
    dialect,
    databaseName: null,
    username: null,
    host: null,
    port: isConnectable(dialect) ? defaultPorts[dialect] : null,
    snowflakeAccountId: null,
    snowflakeWarehouse: null,
    snowflakeRole: null,
    bigQueryProjectId: null,
    spannerInstanceId: null,
    athenaWorkgroup: null,
    athenaOutputLocation: null,
    athenaCatalog: null,
    sslEnabled: true,
    sslCaCertificate: null,
    sshEnabled: false,
    sshHost: null,
    sshPort: null,
    sshUsername: null,
    maxPoolSize: null,
  };
}

/** Puts what was sent over what was there; an empty string clears a field. */
export function mergeConnection(current: Connection, input: Given): Connection {
  const fields = Object.keys(current).filter((field) => field !== 'dialect');
  const changes = fields.flatMap((field) => {
    const value = input[field as ConnectionField];
    return value === undefined ? [] : [[field, value === '' ? null : value]];
  });
  return { ...current, ...Object.fromEntries(changes) };
}

/** A new connection. VALIDATION names the field that a connection of this dialect lacks. */
export function newConnection(dialect: Dialect, input: Given): Connection {
  const connection = mergeConnection(blank(dialect), input);
  assertUsable(connection);
  return connection;
}

/** Refuses, before anything is stored, what no worker could connect to. */
export function assertUsable(connection: Connection): void {
  const { dialect } = connection;
  if (!isConnectable(dialect)) {
    throw invalidField('dialect', `Basekeep has no connector for ${dialect} yet`);
  }
  for (const field of requiredFields[dialect]) {
    if (connection[field] === null) throw invalidField(field, `Required for ${dialect}`);
  }
  if (connection.sshEnabled) {
    throw invalidField('sshEnabled', 'Basekeep does not connect through SSH tunnels yet');
  }
}
