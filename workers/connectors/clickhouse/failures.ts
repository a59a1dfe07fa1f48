import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connector.ts';

/** ClickHouse's error codes that say more than "an error". Source: its ErrorCodes.cpp. */
const byCode: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  81: 'DATABASE_NOT_FOUND',
  159: 'TIMEOUT',
  160: 'TIMEOUT',
  164: 'PERMISSION_DENIED',
  192: 'AUTHENTICATION_FAILED',
  193: 'AUTHENTICATION_FAILED',
  194: 'AUTHENTICATION_FAILED',
  195: 'AUTHENTICATION_FAILED',
  201: 'RATE_LIMITED',
  202: 'TOO_MANY_CONNECTIONS',
  209: 'TIMEOUT',
  291: 'PERMISSION_DENIED',
  394: 'CONNECTION_LOST',
  497: 'PERMISSION_DENIED',
  516: 'AUTHENTICATION_FAILED',
};

// Of proxies and load balancers in front, which answer without a ClickHouse code.
const byStatus: { readonly [status: number]: ConnectionFailureCode | undefined } = {
  401: 'AUTHENTICATION_FAILED',
  403: 'AUTHENTICATION_FAILED',
  429: 'RATE_LIMITED',
  502: 'SERVER_UNAVAILABLE',
  503: 'SERVER_UNAVAILABLE',
  504: 'TIMEOUT',
};

/** What an answer other than 200 means: by ClickHouse's code if it has one, else by its status. */
export function answerFailure(
  status: number,
  codeHeader: string | undefined,
  body: string,
): ConnectionFailure {
  const code = /^\d{1,5}$/.exec(codeHeader ?? '')?.[0] ?? exceptionCode(body);
  if (code !== undefined) return new ConnectionFailure(byCode[code] ?? 'SERVER_ERROR');
  return new ConnectionFailure(byStatus[status] ?? 'PROTOCOL_ERROR');
}

/**
 * What a line means that is no row: an exception that ClickHouse wrote into a body that had begun
 * as a success, wherever the output happened to be.
 */
export function lineFailure(line: string): ConnectionFailure {
  const code = exceptionCode(line.slice(-maxExceptionCharacters));
  return new ConnectionFailure(
    code === undefined ? 'PROTOCOL_ERROR' : (byCode[code] ?? 'SERVER_ERROR'),
  );
}

const maxExceptionCharacters = 64 * 1024;

/** `Code: 159, e.displayText() = ...` until 20.x, `Code: 159. DB::Exception: ...` since. */
function exceptionCode(text: string): string | undefined {
  return /\bCode: (\d{1,5})[.,] (?:e\.displayText|DB::)/.exec(text)?.[1];
}
