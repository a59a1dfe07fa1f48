import { z } from 'zod';
import type { AppError, ErrorCode } from '../../../shared/errors.ts';
import { errorTable } from '../../middleware/errors.ts';
import type { NumberedPage } from '../../paging/numbered-page.ts';
import { camelCase } from '../naming/spelling.ts';
import type { ErrorShape, Surface } from '../surface.ts';

/** What `error` says; UNAUTHENTICATED has a second one, for headers that are not there. */
const titles = {
  VALIDATION: 'Validation failed',
  CONNECTION_FAILED: 'Connection failed',
  UNAUTHENTICATED: 'Invalid credentials',
  FORBIDDEN: 'Insufficient permissions',
  REAUTHENTICATION_REQUIRED: 'Reauthentication required',
  NOT_FOUND: 'Not found',
  METHOD_NOT_ALLOWED: 'Method not allowed',
  CONFLICT: 'Conflict',
  PRECONDITION_FAILED: 'Precondition failed',
  IDEMPOTENCY_KEY_REUSED: 'Idempotency key reused',
  PAYLOAD_TOO_LARGE: 'Payload too large',
  UNSUPPORTED_MEDIA_TYPE: 'Unsupported media type',
  RATE_LIMITED: 'Rate limit exceeded',
  UNAVAILABLE: 'Service unavailable',
  INTERNAL: 'Internal error',
} as const satisfies Record<ErrorCode, string>;

const missingHeaders = {
  error: 'Missing authentication headers',
  message: 'Both X-Api-Key and X-Api-Secret headers are required',
};

const Told = z.object({ reason: z.string(), permission: z.string() }).partial();

/** The body of an error; texts that the contract has are its own, to the letter. */
function bodyOf({ code, message, details, retryAfterMs }: AppError): object {
  const { reason, permission } = Told.safeParse(details).data ?? {};
  const error = titles[code];
  if (code === 'UNAUTHENTICATED') {
    if (reason === 'missing') return missingHeaders;
    return { error, message: 'The provided API key or secret is invalid' };
  }
  if (code === 'FORBIDDEN' && permission !== undefined) {
    return { error, message: `Your API key does not have the required scope: ${permission}` };
  }
  if (code === 'RATE_LIMITED') {
    const retryAfter = Math.ceil(retryAfterMs / 1_000);
    const text = `You have exceeded your rate limit. Try again in ${retryAfter} seconds.`;
    return { error, message: text, retryAfter };
  }
  return { error, message };
}

const toError = (error: AppError): ErrorShape => ({
  status: errorTable[error.code].status,
  body: bodyOf(error),
});

// Loose, because errors may gain fields, and because input and output then read the same.
const FlatError = z
  .looseObject({
    error: z.string().meta({ description: 'What kind of error it is. Stable: compare this one.' }),
    message: z.string().meta({ description: 'What is wrong, for people. May be reworded.' }),
  })
  .meta({ id: 'ErrorResponse' });

const RateLimitError = FlatError.extend({
  retryAfter: z.int().meta({ description: 'Whole seconds until the window resets.' }),
}).meta({ id: 'RateLimitErrorResponse' });

const Pagination = z.object({
  page: z.int(),
  pageSize: z.int(),
  totalCount: z.int(),
  totalPages: z.int(),
});

function paginationOf(asked: NumberedPage | undefined): z.infer<typeof Pagination> {
  if (!asked || asked.totalCount === null) {
    throw new Error('a list on this surface must be read by readPage');
  }
  const { page, pageSize, totalCount } = asked;
  return { page, pageSize, totalCount, totalPages: Math.ceil(totalCount / pageSize) };
}

const anError = { name: 'ErrorResponse', schema: FlatError };

export const keyedSurface: Surface = {
  name: 'keyed',
  prefix: '/api',
  title: 'Basekeep machine API',
  description:
    'For machine clients: a key and its secret, narrowed by scopes, act within the one organization that the key belongs to.',
  adminsOnly: false,
  documentPath: '/openapi',
  spell: camelCase,
  organizationName: 'organizationId',
  paging: 'number',
  securitySchemes: {
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-Api-Key',
      description: 'The public half of the pair: `bsk_live_` or `bsk_test_` and 32 characters.',
    },
    apiSecret: {
      type: 'apiKey',
      in: 'header',
      name: 'X-Api-Secret',
      description: 'The secret half, which was shown once, when the pair was made or rotated.',
    },
  },
  value: (data) => data,
  page: ({ items }, { resource, numberedPage }) => ({
    [resource]: items,
    pagination: paginationOf(numberedPage),
  }),
  valueSchema: (data) => data,
  pageSchema: ({ shape }, resource) =>
    z.object({ [resource]: shape.items, pagination: Pagination }),
  error: toError,
  errorSchemas: {
    400: anError,
    401: anError,
    403: anError,
    404: anError,
    409: anError,
    412: anError,
    413: anError,
    415: anError,
    422: anError,
    429: { name: 'RateLimitErrorResponse', schema: RateLimitError },
    500: anError,
    503: anError,
  },
  retryField: 'retryAfter',
};
