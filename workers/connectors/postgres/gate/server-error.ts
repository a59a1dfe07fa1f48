/** An error as the server tells it. Its text goes nowhere: see `toFailure`. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  /** SQLSTATE, or whatever the server put there. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The error in the body of an ErrorResponse that has its shape. PostgreSQL manual, "Error and Notice Message Fields". */
export function parseServerError(body: Buffer): ServerError {
  const fields = new Map<string, string>();
  let at = 0;
  while (body[at] !== 0) {
    const end = body.indexOf(0, at);
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return new ServerError(fields.get('C') ?? '', fields.get('M') ?? '');
}
