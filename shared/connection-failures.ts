import { z } from 'zod';
import type { ConnectionField, SecretField } from './connection.ts';

interface FailureText {
  /** What the person who filled in the form reads. Never built from a driver's own text. */
  readonly message: string;
  /** The fields to look at, each with what to say beside it. */
  readonly fields?: { readonly [F in ConnectionField | SecretField]?: string };
}

const credentials = 'Incorrect username or password';

/**
 * Everything that can go wrong between a worker and a customer's database, as a closed set of
 * stable codes. Codes are stored and compared; texts are public and may be reworded.
 */
export const connectionFailures = {
  HOST_NOT_FOUND: {
    message: 'The host name does not resolve.',
    fields: { host: 'Host not found' },
  },
  ADDRESS_NOT_ALLOWED: {
    message: 'The host resolves to an address that this installation does not connect to.',
    fields: { host: 'Address not allowed' },
  },
  CONNECTION_REFUSED: {
    message: 'The host is there, but nothing accepts connections on this port.',
    fields: { port: 'Incorrect port' },
  },
  HOST_UNREACHABLE: {
    message: 'There is no network route to the host.',
    fields: { host: 'Host unreachable' },
  },
  TIMEOUT: {
    message:
      'The server did not answer in time. A firewall or an allow-list usually causes this: allow the addresses of the Basekeep workers.',
  },
  TLS_NOT_SUPPORTED: {
    message: 'The server does not offer TLS, and sslEnabled asks for it.',
    fields: { sslEnabled: 'The server does not offer TLS' },
  },
  TLS_REQUIRED: {
    message: 'The server only accepts TLS connections, and sslEnabled is false.',
    fields: { sslEnabled: 'The server requires TLS' },
  },
  TLS_UNTRUSTED: {
    message: 'The server certificate is not signed by a trusted authority.',
    fields: { sslCaCertificate: 'Give the certificate of the authority that signed the server' },
  },
  TLS_NAME_MISMATCH: {
    message: 'The server certificate belongs to another host name.',
    fields: { host: 'The certificate is for another host name' },
  },
  TLS_EXPIRED: { message: 'The server certificate has expired or is not valid yet.' },
  TLS_FAILED: { message: 'The TLS handshake failed.' },
  AUTHENTICATION_FAILED: {
    message: 'The server refused the sign-in.',
    fields: { username: credentials, password: credentials },
  },
  DATABASE_NOT_FOUND: {
    message: 'The server has no database of this name.',
    fields: { databaseName: 'Database does not exist' },
  },
  PERMISSION_DENIED: { message: 'The user lacks a right that reading the catalog needs.' },
  TOO_MANY_CONNECTIONS: { message: 'The server has no free connection left.' },
  SERVER_UNAVAILABLE: { message: 'The server is starting up, shutting down or in recovery.' },
  SERVER_ERROR: { message: 'The server answered with an error.' },
  PROTOCOL_ERROR: { message: 'What answered does not speak the protocol of this dialect.' },
  CONNECTION_LOST: { message: 'The connection broke before the work was done.' },
  LIMIT_EXCEEDED: { message: 'The catalog is larger than this installation allows.' },
  SSH_HOST_NOT_FOUND: {
    message: 'The name of the SSH server does not resolve.',
    fields: { sshHost: 'Host not found' },
  },
  SSH_ADDRESS_NOT_ALLOWED: {
    message: 'The SSH server is at an address that this installation does not connect to.',
    fields: { sshHost: 'Address not allowed' },
  },
  SSH_CONNECTION_REFUSED: {
    message: 'The SSH server is there, but nothing accepts connections on this port.',
    fields: { sshPort: 'Incorrect port' },
  },
  SSH_TIMEOUT: {
    message:
      'The SSH server did not answer in time. A firewall or an allow-list usually causes this.',
  },
  SSH_FAILED: { message: 'The SSH connection could not be made or broke.' },
  SSH_HOST_KEY_CHANGED: {
    message:
      'The SSH server shows another host key than the one on record. Approve the new key if the server was replaced; nothing was sent to it.',
    fields: { sshHost: 'The host key has changed' },
  },
  SSH_AUTHENTICATION_FAILED: {
    message: 'The SSH server refused the sign-in.',
    fields: {
      sshUsername: 'Incorrect SSH user name, password or key',
      sshPassword: 'Incorrect SSH user name, password or key',
      sshPrivateKey: 'Incorrect SSH user name, password or key',
    },
  },
  SSH_KEY_INVALID: {
    message: 'The SSH private key cannot be read. OpenSSH, PEM and PKCS#8 keys are accepted.',
    fields: { sshPrivateKey: 'Not a private key that can be read' },
  },
  SSH_PASSPHRASE_INVALID: {
    message: 'The SSH private key is encrypted and the passphrase is missing or wrong.',
    fields: { sshPrivateKeyPassphrase: 'Missing or wrong passphrase' },
  },
  SSH_FORWARDING_REFUSED: {
    message:
      'The SSH server does not forward to the database: refused, unreachable or not permitted.',
    fields: {
      host: 'Not reachable from the SSH server',
      port: 'Not reachable from the SSH server',
    },
  },
  TLS_CLIENT_CERTIFICATE_REFUSED: {
    message: 'The server refused the client certificate, or asks for one.',
    fields: { sslClientCertificate: 'The server refused the client certificate' },
  },
  CREDENTIALS_INVALID: {
    message: 'The key or token is not in the form that this dialect uses.',
  },
  ACCOUNT_NOT_FOUND: {
    message: 'The service knows no account, project, instance or workspace of this name.',
  },
  WAREHOUSE_UNAVAILABLE: {
    message: 'The warehouse or workgroup does not exist, is suspended, or may not be used.',
  },
  RATE_LIMITED: { message: 'The service asks us to come back later: too many requests.' },
  FILE_NOT_FOUND: {
    message: 'There is no such file in the folder for database files.',
    fields: { databaseName: 'File not found' },
  },
  DRIVER_MISSING: {
    message: 'The driver of this dialect is not installed on the workers. Ask your operator.',
  },
  CREDENTIALS_LOCKED: {
    message: 'The credentials cannot be opened: the vault key is missing. Ask your operator.',
  },
  CREDENTIALS_CORRUPT: {
    message: 'The stored credentials failed their integrity check and were not used.',
  },
  DIALECT_NOT_SUPPORTED: { message: 'This worker has no connector for the dialect.' },
  INTERNAL_ERROR: { message: 'The check failed inside Basekeep. Try again.' },
} as const satisfies Record<string, FailureText>;

export type ConnectionFailureCode = keyof typeof connectionFailures;

export const ConnectionFailureCodeSchema = z
  .enum(Object.keys(connectionFailures) as [ConnectionFailureCode, ...ConnectionFailureCode[]])
  .meta({ id: 'ConnectionFailureCode' });

/** The public text of a failure. */
export function failureText(code: ConnectionFailureCode): FailureText {
  return connectionFailures[code];
}
