import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connector.ts';

/**
 * Error numbers that say more than "an error". Sources: Microsoft documentation, "Database engine
 * events and errors" and "Troubleshoot connectivity issues ... with Azure SQL Database".
 */
const byNumber: { readonly [number: number]: ConnectionFailureCode | undefined } = {
  18401: 'SERVER_UNAVAILABLE',
  18450: 'AUTHENTICATION_FAILED',
  18452: 'AUTHENTICATION_FAILED',
  18456: 'AUTHENTICATION_FAILED',
  18470: 'AUTHENTICATION_FAILED',
  18486: 'AUTHENTICATION_FAILED',
  18487: 'AUTHENTICATION_FAILED',
  18488: 'AUTHENTICATION_FAILED',
  911: 'DATABASE_NOT_FOUND',
  4060: 'DATABASE_NOT_FOUND',
  4064: 'DATABASE_NOT_FOUND',
  229: 'PERMISSION_DENIED',
  230: 'PERMISSION_DENIED',
  262: 'PERMISSION_DENIED',
  297: 'PERMISSION_DENIED',
  300: 'PERMISSION_DENIED',
  916: 'PERMISSION_DENIED',
  10928: 'TOO_MANY_CONNECTIONS',
  10936: 'TOO_MANY_CONNECTIONS',
  17809: 'TOO_MANY_CONNECTIONS',
  // Azure's firewall: what is to be done about it is what TIMEOUT says.
  40615: 'TIMEOUT',
  40914: 'TIMEOUT',
  1222: 'TIMEOUT',
  904: 'SERVER_UNAVAILABLE',
  921: 'SERVER_UNAVAILABLE',
  922: 'SERVER_UNAVAILABLE',
  927: 'SERVER_UNAVAILABLE',
  942: 'SERVER_UNAVAILABLE',
  945: 'SERVER_UNAVAILABLE',
  1205: 'SERVER_UNAVAILABLE',
  6005: 'SERVER_UNAVAILABLE',
  10929: 'SERVER_UNAVAILABLE',
  17142: 'SERVER_UNAVAILABLE',
  40197: 'SERVER_UNAVAILABLE',
  40501: 'SERVER_UNAVAILABLE',
  40613: 'SERVER_UNAVAILABLE',
  49918: 'SERVER_UNAVAILABLE',
  49919: 'SERVER_UNAVAILABLE',
  49920: 'SERVER_UNAVAILABLE',
};

/**
 * The code for the errors of one answer, in the server's order. The first that says anything counts:
 * "no such database" (4060) is followed by "login failed" (18456).
 */
export function failureOfErrors(numbers: readonly number[]): ConnectionFailure {
  const codes = numbers.map((number) => byNumber[number]);
  return new ConnectionFailure(codes.find((code) => code !== undefined) ?? 'SERVER_ERROR');
}

/**
 * The code for whatever a driver or a socket threw. What the server itself said is looked at before,
 * so what is left are the driver's objections to how it said it. No text gets out of here.
 */
export function toFailure(error: unknown): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  const lost = error instanceof Error && 'syscall' in error;
  return new ConnectionFailure(lost ? 'CONNECTION_LOST' : 'PROTOCOL_ERROR');
}
