import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connector.ts';

/**
 * Error numbers that say more than "an error". Sources: MySQL 9 error reference, MariaDB error codes.
 */
const byNumber: { readonly [errno: number]: ConnectionFailureCode | undefined } = {
  1040: 'TOO_MANY_CONNECTIONS',
  1203: 'TOO_MANY_CONNECTIONS',
  1226: 'TOO_MANY_CONNECTIONS',
  1045: 'AUTHENTICATION_FAILED',
  1130: 'AUTHENTICATION_FAILED',
  1251: 'AUTHENTICATION_FAILED',
  1275: 'AUTHENTICATION_FAILED',
  1524: 'AUTHENTICATION_FAILED',
  1698: 'AUTHENTICATION_FAILED',
  1820: 'AUTHENTICATION_FAILED',
  1862: 'AUTHENTICATION_FAILED',
  3118: 'AUTHENTICATION_FAILED',
  4151: 'AUTHENTICATION_FAILED',
  1049: 'DATABASE_NOT_FOUND',
  1044: 'PERMISSION_DENIED',
  1142: 'PERMISSION_DENIED',
  1143: 'PERMISSION_DENIED',
  1227: 'PERMISSION_DENIED',
  1205: 'TIMEOUT',
  1317: 'TIMEOUT',
  1907: 'TIMEOUT',
  1969: 'TIMEOUT',
  3024: 'TIMEOUT',
  1053: 'SERVER_UNAVAILABLE',
  1077: 'SERVER_UNAVAILABLE',
  1079: 'SERVER_UNAVAILABLE',
  1129: 'SERVER_UNAVAILABLE',
  1927: 'CONNECTION_LOST',
  3159: 'TLS_REQUIRED',
};

// require_secure_transport of MariaDB, which has no number of its own, and PlanetScale's edge.
const wantsTls = /insecure (connection|transport)|must use SSL|require_secure_transport/i;
// Vitess answers 1105 for a database that it does not know.
const unknownDatabase = /unknown database/i;

/** Where an error came up. */
export interface FailureContext {
  readonly signingIn: boolean;
  readonly encrypted: boolean;
}

/** What a server says in an error packet. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly number: number;

  constructor(number: number, text: string) {
    super(text);
    this.number = number;
  }
}

/**
 * The code for whatever a driver, a socket or a server threw. Only codes come out: a server's text
 * is looked at for known phrases while signing in, and goes nowhere.
 */
export function toFailure(error: unknown, context: FailureContext): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  if (error instanceof ServerError) return new ConnectionFailure(codeOf(error, context));
  if (!(error instanceof Error)) return new ConnectionFailure('PROTOCOL_ERROR');
  const lost = 'syscall' in error || ('code' in error && error.code === 'PROTOCOL_CONNECTION_LOST');
  // What is left are the driver's own objections to what the server said.
  return new ConnectionFailure(lost ? 'CONNECTION_LOST' : 'PROTOCOL_ERROR');
}

/** The failure that the body of an ERR packet reports. */
export function failureOfErrorPacket(body: Buffer, context: FailureContext): ConnectionFailure {
  return toFailure(parseErrorPacket(body), context);
}

/** Layout: MySQL internals manual, "ERR_Packet": marker, number, SQLSTATE if `#` follows, text. */
export function parseErrorPacket(body: Buffer): ServerError | ConnectionFailure {
  if (body.length < 3) return new ConnectionFailure('PROTOCOL_ERROR');
  return new ServerError(body.readUInt16LE(1), body.toString('utf8', 3, 1_000));
}

function codeOf(error: ServerError, context: FailureContext): ConnectionFailureCode {
  if (context.signingIn) {
    if (!context.encrypted && wantsTls.test(error.message)) return 'TLS_REQUIRED';
    if (unknownDatabase.test(error.message)) return 'DATABASE_NOT_FOUND';
  }
  return byNumber[error.number] ?? 'SERVER_ERROR';
}
