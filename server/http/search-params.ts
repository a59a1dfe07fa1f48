import type { Request } from 'express';

/** The parameters in the query of a request, repeated ones as often as they were sent. */
export function searchParams({ originalUrl }: Pick<Request, 'originalUrl'>): URLSearchParams {
  return new URLSearchParams(/^[^?#]*\?([^#]*)/.exec(originalUrl)?.[1] ?? '');
}
