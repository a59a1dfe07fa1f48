import { z } from 'zod';
import { type FailureText, failureActors } from './failure-text.ts';
import { fileFailures } from './file-failures.ts';
import { sshFailures } from './ssh-failures.ts';

const credentials = 'Incorrect username or password';

/**
 * Everything that can go wrong between a worker and a customer's database, as a closed set of
 * stable codes. Codes are stored and compared; texts are public and may be reworded.
 */
export const connectionFailures = {
  HOST_NOT_FOUND: {
    actor: 'you',
    advice: 'Check the spelling of the host name, or use an IP address.',
    message: 'The host name does not resolve.',
    fields: { host: 'Host not found' },
  },
  ADDRESS_NOT_ALLOWED: {
    actor: 'Basekeep operator',
    advice:
      'Use a public address, or ask your operator to allow this range with EGRESS_ALLOW_CIDRS.',
    message: 'The host resolves to an address that this installation does not connect to.',
    fields: { host: 'Address not allowed' },
  },
  CONNECTION_REFUSED: {
    actor: 'you',
    advice: 'Check the port, and that the server is running and listens on this address.',
    message: 'The host is there, but nothing accepts connections on this port.',
    fields: { port: 'Incorrect port' },
  },
  HOST_UNREACHABLE: {
    actor: 'your network',
    advice: 'Check routes, VPN and firewall between the Basekeep workers and the host.',
    message: 'There is no network route to the host.',
    fields: { host: 'Host unreachable' },
  },
  TIMEOUT: {
    actor: 'your network',
    advice: "Allow the workers' addresses in the firewall or allow-list of the server.",
    message:
      'The server did not answer in time. A firewall or an allow-list usually causes this: allow the addresses of the Basekeep workers.',
  },
  TLS_NOT_SUPPORTED: {
    actor: 'your database admin',
    advice: 'Turn TLS on at the server, or set sslEnabled to false if the network is trusted.',
    message: 'The server does not offer TLS, and sslEnabled asks for it.',
    fields: { sslEnabled: 'The server does not offer TLS' },
  },
  TLS_REQUIRED: {
    actor: 'you',
    advice: 'Set sslEnabled to true.',
    message: 'The server only accepts TLS connections, and sslEnabled is false.',
    fields: { sslEnabled: 'The server requires TLS' },
  },
  TLS_UNTRUSTED: {
    actor: 'you',
    advice: 'Give the certificate of the authority that signed the server in sslCaCertificate.',
    message: 'The server certificate is not signed by a trusted authority.',
    fields: { sslCaCertificate: 'Give the certificate of the authority that signed the server' },
  },
  TLS_NAME_MISMATCH: {
    actor: 'you',
    advice:
      'Use a host name that the certificate is for, or have the certificate issued for this one.',
    message: 'The server certificate belongs to another host name.',
    fields: { host: 'The certificate is for another host name' },
  },
  TLS_EXPIRED: {
    actor: 'your database admin',
    advice: "Renew the server's certificate.",
    message: 'The server certificate has expired or is not valid yet.',
  },
  TLS_FAILED: {
    actor: 'your database admin',
    advice:
      'Check that the server speaks TLS 1.2 or newer on this port, and whether it asks for a client certificate.',
    message: 'The TLS handshake failed.',
  },
  AUTHENTICATION_FAILED: {
    actor: 'you',
    advice: 'Check user name and password, and that this user may sign in from outside.',
    message: 'The server refused the sign-in.',
    fields: { username: credentials, password: credentials },
  },
  DATABASE_NOT_FOUND: {
    actor: 'you',
    advice: 'Check the database name, upper and lower case included.',
    message: 'The server has no database of this name.',
    fields: { databaseName: 'Database does not exist' },
  },
  CATALOG_NOT_FOUND: {
    actor: 'you',
    advice: 'Check the name of the data catalog, and that it is registered in this region.',
    message: 'The service has no data catalog of this name.',
    fields: { athenaCatalog: 'Catalog does not exist' },
  },
  PERMISSION_DENIED: {
    actor: 'your database admin',
    advice: 'Grant the user the right to read the catalog of the schemas it should see.',
    message: 'The user lacks a right that reading the catalog needs.',
  },
  TOO_MANY_CONNECTIONS: {
    actor: 'your database admin',
    advice: "Raise the server's connection limit or close connections that nobody uses.",
    message: 'The server has no free connection left.',
  },
  SERVER_UNAVAILABLE: {
    actor: 'your database admin',
    advice: 'Wait until the server accepts connections; it will be tried again by itself.',
    message: 'The server is starting up, shutting down or in recovery.',
  },
  SERVER_ERROR: {
    actor: 'your database admin',
    advice: "Look for an error in the server's log at the time of the check.",
    message: 'The server answered with an error.',
  },
  PROTOCOL_ERROR: {
    actor: 'you',
    advice:
      'Check that host and port belong to a server of this dialect, and not to a proxy or a website.',
    message: 'What answered does not speak the protocol of this dialect.',
  },
  CONNECTION_LOST: {
    actor: 'your network',
    advice:
      'Look for a proxy or firewall that closes connections, or a restart of the server; it will be tried again.',
    message: 'The connection broke before the work was done.',
  },
  LIMIT_EXCEEDED: {
    actor: 'Basekeep operator',
    advice: 'Restrict what the user can see, or ask your operator to raise the limits.',
    message: 'The catalog is larger than this installation allows.',
  },
  WORKER_BUSY: {
    actor: 'Basekeep operator',
    advice: 'Wait, as it will be tried again by itself, or ask your operator to run more workers.',
    message: 'The worker has no memory left for an answer of this size beside others.',
  },
  ...sshFailures,
  TLS_CLIENT_CERTIFICATE_REFUSED: {
    actor: 'you',
    advice: 'Give a client certificate and key that the server trusts and that have not expired.',
    message: 'The server refused the client certificate, or asks for one.',
    fields: { sslClientCertificate: 'The server refused the client certificate' },
  },
  CREDENTIALS_INVALID: {
    actor: 'you',
    advice:
      'Paste the key or token exactly as it was issued; a certificate and its key have to belong together.',
    message: 'The key or token is not in the form that this dialect uses.',
  },
  ACCOUNT_NOT_FOUND: {
    actor: 'you',
    advice: 'Check the names of account, project, instance or workspace.',
    message: 'The service knows no account, project, instance or workspace of this name.',
  },
  WAREHOUSE_UNAVAILABLE: {
    actor: 'your database admin',
    advice: 'Start the warehouse or workgroup, or grant the user the right to use it.',
    message: 'The warehouse or workgroup does not exist, is suspended, or may not be used.',
  },
  RATE_LIMITED: {
    actor: 'your database admin',
    advice: "Wait, or raise the service's quota; it will be tried again by itself.",
    message: 'The service asks us to come back later: too many requests.',
  },
  REDIRECT_REFUSED: {
    actor: 'you',
    advice:
      'Give the address that the server sends its clients on to, or have the redirection turned off for the workers.',
    message:
      'The server sends its clients on to another address. Credentials are for the address that was given, so this is not followed.',
    fields: { host: 'The server redirects to another address' },
  },
  ...fileFailures,
  DRIVER_MISSING: {
    actor: 'Basekeep operator',
    advice: 'Have the driver installed on the workers; their log names the package.',
    message: 'The driver of this dialect is not installed on the workers. Ask your operator.',
  },
  CREDENTIALS_LOCKED: {
    actor: 'Basekeep operator',
    advice: 'Have the vault key put back on the workers.',
    message: 'The credentials cannot be opened: the vault key is missing. Ask your operator.',
  },
  CREDENTIALS_CORRUPT: {
    actor: 'Basekeep operator',
    advice: 'Send the credentials again, and have the operator look into the audit log.',
    message: 'The stored credentials failed their integrity check and were not used.',
  },
  DIALECT_NOT_SUPPORTED: {
    actor: 'Basekeep operator',
    advice: 'Have the workers updated.',
    message: 'This worker has no connector for the dialect.',
  },
  INTERNAL_ERROR: {
    actor: 'Basekeep operator',
    advice: 'Try again; if it stays, the log of the workers has the details.',
    message: 'The check failed inside Basekeep. Try again.',
  },
} as const satisfies Record<string, FailureText>;

export type ConnectionFailureCode = keyof typeof connectionFailures;

export const ConnectionFailureCodeSchema = z
  .enum(Object.keys(connectionFailures) as [ConnectionFailureCode, ...ConnectionFailureCode[]])
  .meta({ id: 'ConnectionFailureCode' });

/** A failure as people are told of it. */
export const ExplainedFailure = z
  .object({
    code: ConnectionFailureCodeSchema,
    message: z.string(),
    actor: z.enum(failureActors).meta({ description: 'Who can do something about it.' }),
    advice: z.string().meta({ description: 'What to do, in one sentence.' }),
  })
  .meta({ id: 'ConnectionFailure' });

export function explainFailure(code: ConnectionFailureCode): z.infer<typeof ExplainedFailure> {
  const { message, actor, advice } = failureText(code);
  return { code, message, actor, advice };
}

/** The public text of a failure. */
export function failureText(code: ConnectionFailureCode): FailureText {
  return connectionFailures[code];
}
