import { z } from 'zod';
import { ExplainedFailure } from '../../../shared/failures/connection-failures.ts';
import type { AppError } from '../../../shared/errors.ts';
import { ExplainedStep } from '../../../shared/probe.ts';
import { errorTable } from '../../middleware/errors.ts';
import { namesOf, type Names } from '../naming/names.ts';
import { renameValue } from '../naming/rename-value.ts';
import { snakeCase } from '../naming/spelling.ts';
import type { ErrorShape, Surface } from '../surface.ts';

/** All that an error may tell beside its text. Loose, because errors may gain details. */
const Details = z
  .looseObject({
    fieldErrors: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Name of a field to what is wrong with it.' }),
    permission: z.string().optional().meta({ description: 'Of a 403: what the caller lacks.' }),
    reason: z.string().optional().meta({ description: 'Of a 401: what is wrong, in one word.' }),
    retryAfterMs: z
      .number()
      .optional()
      .meta({ description: 'Of a 429: milliseconds until the window resets.' }),
    failure: z.looseObject(ExplainedFailure.shape).optional(),
    steps: z.array(z.looseObject(ExplainedStep.shape)).optional(),
    sshHostKey: z.string().nullish(),
    certificateExpiresInDays: z.int().nullish(),
  })
  .meta({ id: 'ErrorDetails' });

let detailNames: Names | null | undefined;

const Meta = z.object({ request_id: z.string() });
const Pagination = z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() });

const ErrorBody = z.object({
  success: z.literal(false),
  data: z.null(),
  meta: Meta,
  error: z
    .looseObject({
      code: z.string().meta({ description: 'What kind of error it is. Stable: compare this one.' }),
      message: z.string().meta({ description: 'What is wrong, for people. May be reworded.' }),
      details: Details,
    })
    .meta({ id: 'ApiError' }),
});

const anError = { name: 'ErrorResponse', schema: ErrorBody };

function toError(error: AppError, requestId: string): ErrorShape {
  const { code, message, fields, details, retryAfterMs } = error;
  const told = {
    ...(fields ? { fieldErrors: fields } : {}),
    ...(code === 'RATE_LIMITED' ? { retryAfterMs } : {}),
    ...details,
  };
  // With the first error, not while the API loads: that is waited for.
  detailNames ??= namesOf(Details, { io: 'output', spell: snakeCase });
  return {
    status: errorTable[code].status,
    body: {
      success: false,
      data: null,
      meta: { request_id: requestId },
      error: { code, message, details: renameValue(told, detailNames) },
    },
  };
}

const success = <Data extends z.ZodType, About extends z.ZodType>(data: Data, meta: About) =>
  z.object({ success: z.literal(true), data, meta, error: z.null() });

export const v1Surface: Surface = {
  name: 'v1',
  prefix: '/api/v1',
  title: 'Basekeep API v1',
  description:
    'For consoles, scripts and operators who sign in. Names of fields are in snake case, both ways; one shape holds every answer.',
  adminsOnly: false,
  documentPath: '/openapi',
  spell: snakeCase,
  organizationName: 'organization_id',
  paging: 'cursor',
  securitySchemes: {
    bearerAuth: {
      type: 'http',
      scheme: 'bearer',
      description: 'An access token of `POST /auth/login`, or a bearer key.',
    },
  },
  value: (data, { requestId }) => ({
    success: true,
    data,
    meta: { request_id: requestId },
    error: null,
  }),
  page: ({ items, pagination: { nextCursor, hasMore } }, { requestId }) => ({
    success: true,
    data: items,
    meta: {
      request_id: requestId,
      pagination: { next_cursor: nextCursor, has_more: hasMore },
    },
    error: null,
  }),
  valueSchema: (data) => success(data, Meta),
  pageSchema: ({ shape }) => success(shape.items, Meta.extend({ pagination: Pagination })),
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
    429: anError,
    500: anError,
    503: anError,
  },
  retryField: 'error.details.retry_after_ms',
};
