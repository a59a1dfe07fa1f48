import { isOnceOnly } from '../trpc.ts';
import type { RestOperation } from './routes.ts';

const parameter = (name: string, description: string) => ({
  in: 'header',
  name,
  required: false,
  description,
  schema: { type: 'string' },
});

const header = (description: string) => ({ description, schema: { type: 'string' } });

/** Which headers an operation reads. */
export function headerParametersOf({ meta, method }: RestOperation): object[] {
  const takesIfNoneMatch = meta.showsETag && method === 'GET';
  return [
    ...(isOnceOnly(meta)
      ? [
          parameter(
            'Idempotency-Key',
            'Names this request for 24 hours: a retry with the same key has no second effect and gets the same answer, marked by `Idempotency-Replayed: true`.',
          ),
        ]
      : []),
    ...(meta.takesIfMatch
      ? [parameter('If-Match', 'Entity tags; the change is made only if one is still right.')]
      : []),
    ...(takesIfNoneMatch
      ? [parameter('If-None-Match', 'Entity tags; the answer is 304 if one is still right.')]
      : []),
  ];
}

/** The statuses that those headers lead to, beside those of errors that every operation has. */
export function headerStatusesOf({ meta }: RestOperation): number[] {
  return [...(meta.takesIfMatch ? [412] : []), ...(isOnceOnly(meta) ? [422] : [])];
}

/** Answers without a body. */
export function bodilessResponsesOf({ meta, method }: RestOperation): Record<string, object> {
  return meta.showsETag && method === 'GET'
    ? { 304: { description: 'It has not changed since' } }
    : {};
}

/** The headers of a success. */
export function answerHeadersOf({ meta }: RestOperation): object {
  return {
    'RateLimit-Policy': header('The quota: `"key";q=<requests>;w=<seconds>`'),
    RateLimit: header(
      'What is left of it: `"key";r=<requests>;t=<seconds until it is whole again>`',
    ),
    ...(meta.showsETag
      ? { ETag: header('The entity tag, for `If-Match` and `If-None-Match`') }
      : {}),
  };
}

/** The headers of an error. */
export function errorHeadersOf(status: number): { headers?: object } {
  return status === 429 || status === 503
    ? { headers: { 'Retry-After': header('Seconds until trying again makes sense') } }
    : {};
}
