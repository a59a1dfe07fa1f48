import { initTRPC } from '@trpc/server';
import { generateOpenApiDocument, type OpenApiMeta } from 'trpc-to-openapi';
import { z } from 'zod';
import { isPage } from '../paging.ts';
import type { RestOperation } from './routes.ts';
import type { Surface } from './surface.ts';
import { tidySchema } from './tidy-schema.ts';

interface Operation {
  parameters?: unknown;
  requestBody?: unknown;
  responses: Record<string, unknown>;
}

/**
 * The OpenAPI 3.1 document of a surface. trpc-to-openapi knows one status and one error body, so it
 * is given procedures whose output is already in the envelope, and statuses and errors are set after.
 */
export function documentOf(surface: Surface, operations: readonly RestOperation[]): object {
  const t = initTRPC.meta<OpenApiMeta>().create();
  const derived = t.router(
    Object.fromEntries(
      operations.map((operation) => [flatName(operation), derive(t, surface, operation)]),
    ),
  );
  const document = generateOpenApiDocument(derived, {
    title: surface.title,
    description: surface.description,
    version: '1.0.0',
    openApiVersion: '3.1.0',
    baseUrl: surface.prefix,
    securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } },
    defs: Object.fromEntries(
      Object.values(surface.errorSchemas).map(({ name, schema }) => [name, schema]),
    ),
  });
  for (const operation of operations) {
    const documented = document.paths?.[operation.path]?.[lower(operation.method)];
    if (!documented) throw new Error(`${operation.procedure} is missing from the document`);
    finish(surface, operation, documented as unknown as Operation);
  }
  if (document.components?.schemas) {
    document.components.schemas = tidySchema(document.components.schemas, {
      isAnswer: true,
    }) as typeof document.components.schemas;
  }
  return document;
}

const flatName = ({ procedure }: RestOperation): string => procedure.replace('.', '_');

const lower = (method: RestOperation['method']) =>
  method.toLowerCase() as Lowercase<RestOperation['method']>;

type Builder = ReturnType<ReturnType<typeof initTRPC.meta<OpenApiMeta>>['create']>;

function derive(t: Builder, surface: Surface, operation: RestOperation) {
  const { input, output, meta } = operation;
  const enveloped = isPage(output) ? surface.pageSchema(output) : surface.valueSchema(output);
  const base = t.procedure
    .meta({
      openapi: {
        method: operation.method,
        path: operation.path,
        operationId: operation.procedure,
        summary: meta.summary,
        tags: meta.tag ? [meta.tag] : [],
        protect: true,
        // Its own error bodies are not ours: see `finish`.
        errorResponses: [],
      },
    })
    .input(input)
    .output(enveloped);
  return operation.method === 'GET' ? base.query(() => z.NEVER) : base.mutation(() => z.NEVER);
}

function finish(surface: Surface, operation: RestOperation, documented: Operation): void {
  const request = { isAnswer: false };
  if (documented.parameters) documented.parameters = tidySchema(documented.parameters, request);
  if (documented.requestBody) documented.requestBody = tidySchema(documented.requestBody, request);
  documented.responses = {
    [String(operation.meta.status ?? 200)]: success(documented),
    ...Object.fromEntries(
      statusesOf(operation).flatMap((status) => {
        const shape = surface.errorSchemas[status];
        return shape ? [[String(status), errorResponse(status, shape.name)]] : [];
      }),
    ),
  };
}

function success(documented: Operation): unknown {
  const response = tidySchema(documented.responses['200'], { isAnswer: true });
  return { ...(response as object), description: 'Success' };
}

/** Which errors an operation can answer with, beside the success that it declares. */
function statusesOf({ method, pathParameters }: RestOperation): readonly number[] {
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const hasParent = pathParameters.length > 0;
  return [
    400,
    401,
    ...(hasParent ? [404] : []),
    ...(hasBody ? [409, 413, 415] : []),
    429,
    500,
    503,
  ];
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'The caller is not known',
  404: 'There is no such thing, or the caller may not see it',
  409: 'The request clashes with what is there',
  413: 'The body is too large',
  415: 'The body is not application/json',
  429: 'Too many requests: `retryAfterMs` says how long to wait',
  500: 'Something failed inside Basekeep',
  503: 'Basekeep cannot answer right now',
};

function errorResponse(status: number, component: string) {
  return {
    description: meanings[status] ?? 'Error',
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${component}` } } },
  };
}
