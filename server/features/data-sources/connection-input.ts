import {
  blankConnection,
  secretFields,
  type Connection,
  type ConnectionField,
  type ConnectionSecrets,
  type SecretField,
} from '../../../shared/connection.ts';
import { defaultPort, dialectFacts, type Dialect } from '../../../shared/dialects.ts';
import { isDatabaseFileName } from '../../../shared/database-file.ts';
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
  const merged = mergeConnection(blankConnection(dialect), input);
  const connection = { ...merged, port: merged.port ?? defaultPort(dialect, merged.sslEnabled) };
  assertUsable(connection, new Set(Object.keys(secretsIn(input))));
  return connection;
}

/** Refuses, before anything is stored, what no worker could connect to. */
export function assertUsable(connection: Connection, secrets: ReadonlySet<string>): void {
  const { dialect } = connection;
  const present = new Set([
    ...secrets,
    ...Object.entries(connection).flatMap(([field, value]) => (value === null ? [] : [field])),
  ]);
  const { requires, requiresOneOf = [], isFile } = dialectFacts[dialect];
  const missing = requires.find((field) => !present.has(field));
  if (missing !== undefined) throw invalidField(missing, `Required for ${dialect}`);
  const [first] = requiresOneOf;
  if (first !== undefined && !requiresOneOf.some((field) => present.has(field))) {
    throw invalidField(first, `${dialect} needs ${requiresOneOf.join(' or ')}`);
  }
  if (isFile && !isDatabaseFileName(connection.databaseName ?? '')) {
    throw invalidField(
      'databaseName',
      'Must be a path below the folder for database files, such as sales/shop.duckdb',
    );
  }
  if (present.has('sslClientCertificate') && !present.has('sslClientKey')) {
    throw invalidField('sslClientKey', 'Required together with sslClientCertificate');
  }
  if (connection.sshEnabled) assertTunnel(dialect, present);
}

function assertTunnel(dialect: Dialect, present: ReadonlySet<string>): void {
  if (!dialectFacts[dialect].isTcp) {
    throw invalidField('sshEnabled', `${dialect} cannot be reached through an SSH tunnel`);
  }
  const missing = ['sshHost', 'sshUsername'].find((field) => !present.has(field));
  if (missing !== undefined) throw invalidField(missing, 'Required with sshEnabled');
  if (!present.has('sshPassword') && !present.has('sshPrivateKey')) {
    throw invalidField('sshPassword', 'sshEnabled needs sshPassword or sshPrivateKey');
  }
}
