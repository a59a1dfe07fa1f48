import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { DialectSchema, type Dialect } from './dialects.ts';
import { text } from './text.ts';

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/**
 * A host is an RFC 1123 name (underscores allowed, as in the wild) or an IP literal. Everything
 * else is refused: `pg` opens '/path' as a local socket, and URIs smuggle in options.
 */
function isHost(value: string): boolean {
  if (value === '' || isIP(value)) return true;
  const name = value.endsWith('.') ? value.slice(0, -1) : value;
  return name.length <= 253 && name.split('.').every((part) => label.test(part));
}

function isCertificateBundle(pem: string): boolean {
  if (pem === '') return true;
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!certificates) return false;
  try {
    // Node's TLS ignores a CA it cannot parse and then blames the server, so parse it here.
    return certificates.every((certificate) => Boolean(new X509Certificate(certificate)));
  } catch {
    return false;
  }
}

/** As `ssh-keygen -lf` prints the fingerprint of a host key. */
const fingerprint = /^(SHA256:[A-Za-z0-9+/]{43})?$/;

// The contract allows empty strings; they count as absent (see `given`).
const Host = text({ max: 255 }).refine(isHost, 'Must be a host name or an IP address');
export const SshHostKey = text({ max: 100 }).regex(
  fingerprint,
  'Must be a fingerprint as ssh-keygen -lf prints it: SHA256: and 43 characters',
);
const Port = z.int().min(0).max(65_535);
const Name = text({ max: 1_024 });
const Secret = text({ max: 16_384 });
const Pem = text({ max: 65_536 });
const Certificates = Pem.refine(
  isCertificateBundle,
  'Must be one or more certificates in PEM format',
);

/** What identifies and reaches a database, without anything secret. */
const publicFields = {
  databaseName: Name.nullable(),
  username: Name,
  host: Host,
  port: Port,
  snowflakeAccountId: Name,
  snowflakeWarehouse: Name,
  snowflakeRole: Name,
  bigQueryProjectId: Name,
  spannerInstanceId: Name,
  athenaWorkgroup: Name,
  athenaOutputLocation: Name,
  athenaCatalog: Name,
  sslEnabled: z.boolean(),
  sslCaCertificate: Certificates,
  /** For servers that ask for a certificate of the client; its key is the secret `sslClientKey`. */
  sslClientCertificate: Certificates,
  sshEnabled: z.boolean(),
  sshHost: Host,
  sshPort: Port,
  sshUsername: Name,
  /**
   * The SSH server's host key, given by the person: no other is trusted, from the first connection
   * on. Not part of the destination of the secrets: naming another key, here or by an approval, is
   * an audited act of somebody who may write, and the key to the same server's door.
   */
  sshHostKey: SshHostKey,
  /** The warehouse that runs Databricks' statements; the workspace's first one without it. */
  databricksWarehouseId: Name,
  maxPoolSize: z.int().min(1).max(100),
} as const;

const secretShape = {
  password: Secret,
  sslClientKey: Secret,
  snowflakePrivateKey: Secret,
  snowflakePrivateKeyPassphrase: Secret,
  bigQueryJsonKey: Secret,
  sshPassword: Secret,
  sshPrivateKey: Secret,
  sshPrivateKeyPassphrase: Secret,
} as const;

export type SecretField = keyof typeof secretShape;

/** The fields of a connection that are sealed in the vault and never leave it. */
export const secretFields = Object.keys(secretShape) as SecretField[];

/** Something for each secret field, made of its name. */
export function forEachSecret<Made>(make: (field: SecretField) => Made): Record<SecretField, Made> {
  return {
    password: make('password'),
    sslClientKey: make('sslClientKey'),
    snowflakePrivateKey: make('snowflakePrivateKey'),
    snowflakePrivateKeyPassphrase: make('snowflakePrivateKeyPassphrase'),
    bigQueryJsonKey: make('bigQueryJsonKey'),
    sshPassword: make('sshPassword'),
    sshPrivateKey: make('sshPrivateKey'),
    sshPrivateKeyPassphrase: make('sshPrivateKeyPassphrase'),
  };
}

/** The connection fields of a creation or a verification, as the contract has them. */
export const connectionInput = {
  ...z.object(publicFields).partial().shape,
  databaseName: publicFields.databaseName.default(null),
  sslEnabled: publicFields.sslEnabled.default(true),
  sshEnabled: publicFields.sshEnabled.default(false),
  ...z.object(secretShape).partial().shape,
};

/** The connection fields of an update: what is absent stays as it is. */
export const connectionPatch = {
  ...z.object(publicFields).partial().shape,
  ...z.object(secretShape).partial().shape,
};

/** A stored connection: every field present, null where it does not apply. No secrets in it. */
export const Connection = z.object({
  dialect: DialectSchema,
  databaseName: publicFields.databaseName,
  username: publicFields.username.nullable(),
  host: publicFields.host.nullable(),
  port: publicFields.port.nullable(),
  snowflakeAccountId: publicFields.snowflakeAccountId.nullable(),
  snowflakeWarehouse: publicFields.snowflakeWarehouse.nullable(),
  snowflakeRole: publicFields.snowflakeRole.nullable(),
  bigQueryProjectId: publicFields.bigQueryProjectId.nullable(),
  spannerInstanceId: publicFields.spannerInstanceId.nullable(),
  athenaWorkgroup: publicFields.athenaWorkgroup.nullable(),
  athenaOutputLocation: publicFields.athenaOutputLocation.nullable(),
  athenaCatalog: publicFields.athenaCatalog.nullable(),
  sslEnabled: publicFields.sslEnabled,
  // Looked into when they came in, not each time that they are loaded.
  sslCaCertificate: Pem.nullable(),
  sslClientCertificate: Pem.nullable(),
  sshEnabled: publicFields.sshEnabled,
  sshHost: publicFields.sshHost.nullable(),
  sshPort: publicFields.sshPort.nullable(),
  sshUsername: publicFields.sshUsername.nullable(),
  sshHostKey: publicFields.sshHostKey.nullable(),
  databricksWarehouseId: publicFields.databricksWarehouseId.nullable(),
  maxPoolSize: publicFields.maxPoolSize.nullable(),
});

export type Connection = z.infer<typeof Connection>;
export type ConnectionField = Exclude<keyof Connection, 'dialect'>;

/** Plaintext secrets of one connection. Lives only inside a `vault.use` callback of a worker. */
export type ConnectionSecrets = { readonly [F in SecretField]?: string };

/** A blank connection of a dialect, before anything of it is known. */
export function blankConnection(dialect: Dialect): Connection {
  return {
    dialect,
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
    sslEnabled: true,
    sslCaCertificate: null,
    sslClientCertificate: null,
    sshEnabled: false,
    sshHost: null,
    sshPort: null,
    sshUsername: null,
    sshHostKey: null,
    databricksWarehouseId: null,
    maxPoolSize: null,
  };
}
