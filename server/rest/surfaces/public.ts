import { z } from 'zod';
import type { AppError, ErrorCode } from '../../../shared/errors.ts';
import { errorTable } from '../../middleware/errors.ts';
import { camelCase } from '../naming/spelling.ts';
import type { ErrorShape, Surface } from '../surface.ts';

/** The titles of the contract, and ours for what it leaves open. */
const titles = {
  VALIDATION: 'ValidationError',
  CONNECTION_FAILED: 'ConnectionFailed',
  UNAUTHENTICATED: 'Unauthorized',
  // Whoever lacks the right is told what a stranger is told.
  FORBIDDEN: 'NotFound',
  REAUTHENTICATION_REQUIRED: 'ReauthenticationRequired',
  NOT_FOUND: 'NotFound',
  METHOD_NOT_ALLOWED: 'MethodNotAllowed',
  CONFLICT: 'Conflict',
  PRECONDITION_FAILED: 'PreconditionFailed',
  IDEMPOTENCY_KEY_REUSED: 'IdempotencyKeyReused',
  PAYLOAD_TOO_LARGE: 'PayloadTooLarge',
  UNSUPPORTED_MEDIA_TYPE: 'UnsupportedMediaType',
  RATE_LIMITED: 'RateLimitExceeded',
  UNAVAILABLE: 'ServiceUnavailable',
  INTERNAL: 'InternalError',
} as const satisfies Record<ErrorCode, string>;

function toError(error: AppError): ErrorShape {
  if (error.code === 'FORBIDDEN') {
    return {
      status: 404,
      body: { error: { title: titles.NOT_FOUND, detail: 'Organization not found' } },
    };
  }
  return {
    status: errorTable[error.code].status,
    body: {
      error: {
        title: titles[error.code],
        detail: error.message,
        ...(error.fields ? { fieldErrors: error.fields } : {}),
        ...(error.code === 'RATE_LIMITED' ? { retryAfterMs: error.retryAfterMs } : {}),
      },
    },
  };
}

// Loose, because errors may gain fields, and because input and output then read the same.
const ApiError = z
  .looseObject({
    title: z.string().meta({ description: 'What kind of error it is. Stable: compare this one.' }),
    detail: z.string().meta({ description: 'What is wrong, for people. May be reworded.' }),
    fieldErrors: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Name of a field to what is wrong with it.' }),
  })
  .meta({ id: 'ApiError' });

const RateLimitError = z
  .looseObject({
    title: z.literal(titles.RATE_LIMITED),
    detail: z.string(),
    retryAfterMs: z.number().meta({ description: 'Milliseconds until the window resets.' }),
  })
  .meta({ id: 'RateLimitError' });

const anError = { name: 'ErrorResponse', schema: z.object({ error: ApiError }) };
const rateLimited = {
  name: 'RateLimitErrorResponse',
  schema: z.object({ error: RateLimitError }),
};

export const publicSurface: Surface = {
  name: 'public',
  prefix: '/api/public',
  title: 'Basekeep public API',
  description: 'For server-side integrations: one bearer key acts for the user who made it.',
  adminsOnly: true,
  documentPath: '/openapi',
  spell: camelCase,
  organizationName: 'orgId',
  paging: 'cursor',
  securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } },
  value: (data) => ({ data }),
  page: ({ items, pagination }) => ({ data: items, pagination }),
  valueSchema: (data) => z.object({ data }),
  pageSchema: ({ shape }) => z.object({ data: shape.items, pagination: shape.pagination }),
  error: toError,
  errorSchemas: {
    400: anError,
    401: anError,
    404: anError,
    409: anError,
    412: anError,
    413: anError,
    415: anError,
    422: anError,
    429: rateLimited,
    500: anError,
    503: anError,
  },
  retryField: 'retryAfterMs',
};
