import { errors } from 'undici';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../../connectors/connector.ts';

/** The code for whatever undici, zlib or a socket threw. Nothing of the error's text comes out. */
export function toHttpFailure(error: unknown): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  return new ConnectionFailure(codeOf(error));
}

function codeOf(error: unknown): ConnectionFailureCode {
  if (!(error instanceof Error)) return 'INTERNAL_ERROR';
  // The parser's objections; its code is missing from the commonest of them.
  if (error instanceof errors.HTTPParserError) return 'PROTOCOL_ERROR';
  if (!('code' in error)) return 'INTERNAL_ERROR';
  const code = String(error.code);
  // Z_*: zlib's objections to what should have been gzip.
  if (code.startsWith('Z_')) return 'PROTOCOL_ERROR';
  return failures[code] ?? ('syscall' in error ? 'CONNECTION_LOST' : 'INTERNAL_ERROR');
}

// undici's documentation, "Errors".
const failures: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  UND_ERR_SOCKET: 'CONNECTION_LOST',
  UND_ERR_CLOSED: 'CONNECTION_LOST',
  UND_ERR_DESTROYED: 'CONNECTION_LOST',
  UND_ERR_ABORTED: 'CONNECTION_LOST',
  UND_ERR_INFO: 'CONNECTION_LOST',
  ECONNRESET: 'CONNECTION_LOST',
  EPIPE: 'CONNECTION_LOST',
  ERR_STREAM_PREMATURE_CLOSE: 'CONNECTION_LOST',
  UND_ERR_HEADERS_OVERFLOW: 'PROTOCOL_ERROR',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'PROTOCOL_ERROR',
  UND_ERR_NOT_SUPPORTED: 'PROTOCOL_ERROR',
  UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'TIMEOUT',
};

const byStatus: { readonly [status: number]: ConnectionFailureCode | undefined } = {
  401: 'AUTHENTICATION_FAILED',
  403: 'PERMISSION_DENIED',
  408: 'TIMEOUT',
  429: 'RATE_LIMITED',
  502: 'SERVER_UNAVAILABLE',
  503: 'SERVER_UNAVAILABLE',
  504: 'TIMEOUT',
};

/**
 * What a status other than 2xx means where the dialect knows nothing better; SERVER_ERROR for most.
 * `overrides` says what the vendor documents for its own.
 */
export function statusFailure(
  status: number,
  overrides: { readonly [status: number]: ConnectionFailureCode | undefined } = {},
): ConnectionFailure {
  return new ConnectionFailure(overrides[status] ?? byStatus[status] ?? 'SERVER_ERROR');
}
