import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connector.ts';

type Codes = { readonly [number: string]: ConnectionFailureCode | undefined };

/**
 * ORA and TNS numbers that say more than "an error". Source: Oracle documentation, "Database Error
 * Messages".
 */
const byNumber: Codes = {
  1005: 'AUTHENTICATION_FAILED',
  1017: 'AUTHENTICATION_FAILED',
  28000: 'AUTHENTICATION_FAILED',
  28001: 'AUTHENTICATION_FAILED',
  28009: 'AUTHENTICATION_FAILED',
  28040: 'AUTHENTICATION_FAILED',
  12504: 'DATABASE_NOT_FOUND',
  12505: 'DATABASE_NOT_FOUND',
  12514: 'DATABASE_NOT_FOUND',
  12521: 'DATABASE_NOT_FOUND',
  942: 'PERMISSION_DENIED',
  1031: 'PERMISSION_DENIED',
  1045: 'PERMISSION_DENIED',
  18: 'TOO_MANY_CONNECTIONS',
  20: 'TOO_MANY_CONNECTIONS',
  2391: 'TOO_MANY_CONNECTIONS',
  12516: 'TOO_MANY_CONNECTIONS',
  12519: 'TOO_MANY_CONNECTIONS',
  12520: 'TOO_MANY_CONNECTIONS',
  1033: 'SERVER_UNAVAILABLE',
  1034: 'SERVER_UNAVAILABLE',
  1089: 'SERVER_UNAVAILABLE',
  1090: 'SERVER_UNAVAILABLE',
  1109: 'SERVER_UNAVAILABLE',
  // The snapshot is older than what the server kept: reading again is all that helps.
  1555: 'SERVER_UNAVAILABLE',
  12518: 'SERVER_UNAVAILABLE',
  12526: 'SERVER_UNAVAILABLE',
  12527: 'SERVER_UNAVAILABLE',
  12528: 'SERVER_UNAVAILABLE',
  28: 'CONNECTION_LOST',
  2396: 'CONNECTION_LOST',
  2399: 'CONNECTION_LOST',
  3113: 'CONNECTION_LOST',
  3114: 'CONNECTION_LOST',
  3135: 'CONNECTION_LOST',
  12170: 'TIMEOUT',
  12535: 'TIMEOUT',
  // Lists of addresses that may connect: what is to be done about them is what TIMEOUT says.
  12506: 'TIMEOUT',
  12529: 'TIMEOUT',
  12546: 'TIMEOUT',
};

/** What the driver itself has to say. Source: node-oracledb 26.0.0, lib/errors.js. */
const byDriverCode: Codes = {
  // A password verifier of before Oracle Database 11g, which is not supported.
  'NJS-116': 'AUTHENTICATION_FAILED',
  'NJS-500': 'CONNECTION_LOST',
  'NJS-501': 'CONNECTION_LOST',
  'NJS-503': 'CONNECTION_LOST',
  'NJS-521': 'CONNECTION_LOST',
  // The server insists on Oracle's own encryption instead of TLS.
  'NJS-533': 'TLS_REQUIRED',
};

/** The code of a number of the server's, if it says more than "an error". */
export function codeOfNumber(number: number): ConnectionFailureCode | undefined {
  return byNumber[number];
}

/**
 * The code for whatever the driver threw. The server's own word comes first; then `reason`, why its
 * stream ended, which the driver would wrap in words. No text gets out of here.
 */
export function toFailure(error: unknown, reason: ConnectionFailure | null): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  const number = fieldOf(error, 'errorNum');
  if (typeof number === 'number' && number > 0) {
    return new ConnectionFailure(codeOfNumber(number) ?? 'SERVER_ERROR');
  }
  if (reason) return reason;
  const code = fieldOf(error, 'code');
  const known = typeof code === 'string' ? byDriverCode[code] : undefined;
  return new ConnectionFailure(known ?? 'PROTOCOL_ERROR');
}

function fieldOf(error: unknown, name: 'errorNum' | 'code'): unknown {
  return error instanceof Error && name in error ? Reflect.get(error, name) : undefined;
}
