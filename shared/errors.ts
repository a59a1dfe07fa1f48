/** Every way an operation can end badly, as the surfaces know it. `server` maps each to a status. */
export type ErrorCode =
  | 'VALIDATION'
  | 'CONNECTION_FAILED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'REAUTHENTICATION_REQUIRED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'INTERNAL';

/** Field name to what is wrong with it. */
export type FieldErrors = Readonly<Record<string, string>>;

interface AppErrorOptions {
  readonly fields?: FieldErrors;
  /** Told to our own client beside the text; the contract's surfaces do not show it. */
  readonly details?: object;
  /** Milliseconds after which trying again makes sense; with RATE_LIMITED until the window resets. */
  readonly retryAfterMs?: number;
  /** Private: logged by name only, never sent. */
  readonly cause?: unknown;
}

/** The only error that reaches a caller in its own words: `message` is public, `cause` is private. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly fields: FieldErrors | undefined;
  readonly details: object | undefined;
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, publicText: string, options: AppErrorOptions = {}) {
    super(publicText, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.fields = options.fields;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** A refused field: the message names it, and the surfaces may show it beside the field. */
export function invalidField(field: string, reason: string): AppError {
  return new AppError('VALIDATION', `${field}: ${reason}`, { fields: { [field]: reason } });
}

export function notFound(what: string): AppError {
  return new AppError('NOT_FOUND', `${what} not found`);
}
