import { TRPCError, type TRPCDefaultErrorShape } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z } from 'zod';
import { AppError, type ErrorCode } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Context } from '../context.ts';

type TrpcCode = TRPCError['code'];

/** Each error of ours as HTTP status and as tRPC code. Total: a code without both does not compile. */
export const errorTable = {
  VALIDATION: { status: 400, trpc: 'BAD_REQUEST' },
  CONNECTION_FAILED: { status: 400, trpc: 'BAD_REQUEST' },
  UNAUTHENTICATED: { status: 401, trpc: 'UNAUTHORIZED' },
  FORBIDDEN: { status: 403, trpc: 'FORBIDDEN' },
  REAUTHENTICATION_REQUIRED: { status: 403, trpc: 'FORBIDDEN' },
  NOT_FOUND: { status: 404, trpc: 'NOT_FOUND' },
  METHOD_NOT_ALLOWED: { status: 405, trpc: 'METHOD_NOT_SUPPORTED' },
  CONFLICT: { status: 409, trpc: 'CONFLICT' },
  PRECONDITION_FAILED: { status: 412, trpc: 'PRECONDITION_FAILED' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, trpc: 'UNPROCESSABLE_CONTENT' },
  PAYLOAD_TOO_LARGE: { status: 413, trpc: 'PAYLOAD_TOO_LARGE' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, trpc: 'UNSUPPORTED_MEDIA_TYPE' },
  RATE_LIMITED: { status: 429, trpc: 'TOO_MANY_REQUESTS' },
  UNAVAILABLE: { status: 503, trpc: 'SERVICE_UNAVAILABLE' },
  INTERNAL: { status: 500, trpc: 'INTERNAL_SERVER_ERROR' },
} as const satisfies Record<ErrorCode, { status: number; trpc: TrpcCode }>;

// While PostgreSQL is away: its restart takes about this long.
const unavailableMs = 5_000;

/** The header that says when to come back, if one of the errors is over by then. */
export function retryAfter(...errors: readonly AppError[]): Record<string, string> {
  const waitsMs = errors.map(({ code, retryAfterMs }) =>
    code === 'UNAVAILABLE' ? Math.max(unavailableMs, retryAfterMs) : retryAfterMs,
  );
  const longestMs = Math.max(0, ...waitsMs);
  return longestMs > 0 ? { 'Retry-After': String(Math.ceil(longestMs / 1_000)) } : {};
}

/**
 * SQLSTATEs and socket errors that mean "PostgreSQL is away", not "we made a mistake"; and those of
 * a transaction that lost to another one (40...) and was undone: trying again is the answer to both.
 */
const awayCodes = /^(08...|40001|40P01|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
const awayTexts =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/;

/** Any error as one of ours. What nobody foresaw becomes INTERNAL, and its text stays here. */
export function toAppError(error: unknown): AppError {
  for (let e = error, depth = 0; e instanceof Error && depth < 8; e = e.cause, depth += 1) {
    if (e instanceof AppError) return e;
    // Input that does not parse is the caller's mistake; anything else that does not is ours.
    if (isBadInput(e)) return fromZod(e.cause);
    if (isDatabaseAway(e)) {
      return new AppError('UNAVAILABLE', 'The service is not available right now', { cause: e });
    }
  }
  return fromTrpc(error) ?? new AppError('INTERNAL', 'Internal error', { cause: thrown(error) });
}

function isBadInput(error: Error): error is TRPCError & { cause: z.ZodError } {
  return (
    error instanceof TRPCError && error.code === 'BAD_REQUEST' && error.cause instanceof z.ZodError
  );
}

/** What a procedure threw, out of what tRPC has wrapped around it. */
function thrown(error: unknown): unknown {
  return error instanceof TRPCError ? (error.cause ?? error) : error;
}

function isDatabaseAway(error: Error): boolean {
  if ('code' in error && typeof error.code === 'string' && awayCodes.test(error.code)) return true;
  if (error instanceof AggregateError)
    return error.errors.some((e) => e instanceof Error && isDatabaseAway(e));
  return awayTexts.test(error.message);
}

/** What tRPC itself says of a request. Its own texts quote input, so they are replaced. */
const trpcTexts: Partial<Record<TrpcCode, readonly [ErrorCode, string]>> = {
  NOT_FOUND: ['NOT_FOUND', 'There is no such procedure'],
  METHOD_NOT_SUPPORTED: ['METHOD_NOT_ALLOWED', 'Queries are GET and mutations are POST'],
  PAYLOAD_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The body is larger than 256 KB'],
  UNSUPPORTED_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json'],
  BAD_REQUEST: ['VALIDATION', 'The request could not be read'],
  PARSE_ERROR: ['VALIDATION', 'The request could not be read'],
};

function fromTrpc(error: unknown): AppError | null {
  const known = error instanceof TRPCError ? trpcTexts[error.code] : undefined;
  return known ? new AppError(known[0], known[1], { cause: error }) : null;
}

/** One sentence per field, each field by its path. */
function fromZod(error: z.ZodError): AppError {
  // A map, because a field may be called `constructor`.
  const reasons = new Map<string, string>();
  const add = (path: readonly PropertyKey[], reason: string): void => {
    const field = path.map(String).join('.') || 'body';
    if (!reasons.has(field)) reasons.set(field, reason);
  };
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) add([...issue.path, key], 'Unknown field');
    } else {
      add(issue.path, issue.message);
    }
  }
  const detail = [...reasons]
    .slice(0, 20)
    .map(([field, reason]) => `${field.slice(0, 100)}: ${reason}`)
    .join('; ');
  return new AppError('VALIDATION', detail, { fields: Object.fromEntries(reasons), cause: error });
}

/** Logs what is ours to fix, with its private cause; what the caller got wrong is not an event. */
export function logError(log: Logger, error: AppError, path: string): void {
  if (error.code === 'INTERNAL') log.error({ err: error.cause ?? error, path }, 'unexpected error');
  else if (error.code === 'UNAVAILABLE')
    log.warn({ err: error.cause ?? error, path }, 'unavailable');
}

/** tRPC's own body: public text, stable code, fields and request id; no stack, no cause. */
export function formatError(
  _shape: TRPCDefaultErrorShape,
  error: TRPCError,
  ctx: Context | undefined,
) {
  return trpcError(toAppError(error), ctx?.request.requestId ?? null);
}

/** An error in the shape that the RPC client reads. */
export function trpcError({ code, message, fields, details }: AppError, requestId: string | null) {
  const { status, trpc } = errorTable[code];
  return {
    code: TRPC_ERROR_CODES_BY_KEY[trpc],
    message,
    data: {
      code: trpc,
      httpStatus: status,
      errorCode: code,
      requestId,
      ...(fields ? { fieldErrors: fields } : {}),
      ...(details ? { details } : {}),
    },
  };
}

/** Gives a failed call its tRPC code, so that the HTTP status of RPC and REST agree. */
export function translated<R extends { ok: boolean; error?: unknown }>(
  ctx: { log: Logger },
  path: string,
  result: R,
): R {
  if (result.ok) return result;
  const error = toAppError(result.error);
  logError(ctx.log, error, path);
  throw new TRPCError({ code: errorTable[error.code].trpc, message: error.message, cause: error });
}
