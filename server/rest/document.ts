import { initTRPC } from '@trpc/server';
import { generateOpenApiDocument, type OpenApiMeta } from 'trpc-to-openapi';
import { z } from 'zod';
import { isPage } from '../paging/paging.ts';
import { documentBody } from './document-body.ts';
import { documentInput, documentQuery } from './document-input.ts';
import type { Spelling } from './naming/spelling.ts';
import {
  answerHeadersOf,
  bodilessResponsesOf,
  errorHeadersOf,
  headerParametersOf,
  headerStatusesOf,
} from './document-headers.ts';
import { hasBody, type RestOperation } from './routes.ts';
import type { Surface } from './surface.ts';
import { tagTexts } from './tags.ts';
import { tidySchema } from './tidy-schema.ts';

interface Operation {
  parameters?: unknown;
  requestBody?: unknown;
  responses: Record<string, unknown>;
  security?: unknown;
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
    securitySchemes: surface.securitySchemes,
    defs: Object.fromEntries(
      Object.values(surface.errorSchemas).map(({ name, schema }) => [name, schema]),
    ),
  });
  for (const operation of operations) {
    const documented = document.paths?.[pathOf(operation)]?.[lower(operation.method)];
    if (!documented) throw new Error(`${operation.procedure} is missing from the document`);
    finish(surface, operation, documented as unknown as Operation);
  }
  if (document.components?.schemas) {
    document.components.schemas = tidySchema(document.components.schemas, {
      isAnswer: true,
      spell: surface.spell,
    }) as typeof document.components.schemas;
  }
  document.info.contact = { name: 'Whoever runs this installation' };
  document.info.license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
  document.tags = [...new Set(operations.map(({ meta }) => meta.tag))].map((name) => ({
    name,
    description: tagTexts[name],
  }));
  return document;
}

/** What a caller must be, in a sentence. */
function needs({ adminsOnly }: Surface, { meta: { permission, isOpen } }: RestOperation): string {
  if (isOpen) return 'Needs no credential.';
  if (permission === null) return 'Needs a credential and no permission.';
  const isForAdmins = adminsOnly && !permission.startsWith('organizations:read');
  return `Needs the permission \`${permission}\`${isForAdmins ? ' and the role ADMIN' : ''}.`;
}

const flatName = ({ procedure }: RestOperation): string => procedure.replace('.', '_');

const lower = (method: RestOperation['method']) =>
  method.toLowerCase() as Lowercase<RestOperation['method']>;

/** The path with its parameters as the surface calls them. */
const pathOf = ({ path, nameOf }: RestOperation) =>
  path.replaceAll(/\{(\w+)\}/g, (_, field: string) => `{${nameOf(field)}}`) as `/${string}`;

type Builder = ReturnType<ReturnType<typeof initTRPC.meta<OpenApiMeta>>['create']>;

function derive(t: Builder, surface: Surface, operation: RestOperation) {
  const { output, meta, resource } = operation;
  const enveloped = isPage(output)
    ? surface.pageSchema(output, resource)
    : surface.valueSchema(meta.streams ? z.string() : output);
  const base = t.procedure
    .meta({
      openapi: {
        method: operation.method,
        path: pathOf(operation),
        operationId: operation.procedure,
        summary: meta.summary,
        description: needs(surface, operation),
        tags: [meta.tag],
        protect: true,
        // Its own error bodies are not ours: see `finish`.
        errorResponses: [],
      },
    })
    .input(documentInput(surface, operation))
    .output(enveloped);
  return operation.method === 'GET' ? base.query(() => z.NEVER) : base.mutation(() => z.NEVER);
}

function finish(surface: Surface, operation: RestOperation, documented: Operation): void {
  const { spell } = surface;
  const request = { isAnswer: false, spell };
  const parameters = [
    ...toArray(tidySchema(documented.parameters, request)),
    ...documentQuery(operation),
    ...headerParametersOf(operation),
  ];
  if (parameters.length > 0) documented.parameters = parameters;
  if (documented.requestBody) {
    const body = documentBody(operation, tidySchema(documented.requestBody, request));
    if (body) documented.requestBody = body;
    else delete documented.requestBody;
  }
  // All the headers of a surface together are one way to sign in.
  const signIn = Object.keys(surface.securitySchemes).map((scheme) => [scheme, []]);
  documented.security = operation.meta.isOpen ? [] : [Object.fromEntries(signIn)];
  documented.responses = {
    [String(operation.meta.status ?? 200)]: success(operation, documented, spell),
    ...bodilessResponsesOf(operation),
    ...Object.fromEntries(
      statusesOf(operation).flatMap((status) => {
        const shape = surface.errorSchemas[status];
        const media = operation.meta.upload ? 'multipart/form-data' : 'application/json';
        return shape ? [[String(status), errorResponse(surface, status, shape.name, media)]] : [];
      }),
    ),
  };
}

const toArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function success(operation: RestOperation, documented: Operation, spell: Spelling): unknown {
  const { streams } = operation.meta;
  if (streams) {
    const content = { [streams]: { schema: { type: 'string' } } };
    return { description: 'Success', content };
  }
  const response = tidySchema(documented.responses['200'], { isAnswer: true, spell });
  const headers = answerHeadersOf(operation);
  return { ...(response as object), description: 'Success', headers };
}

/** Which errors an operation can answer with, beside the success that it declares. */
function statusesOf(operation: RestOperation): readonly number[] {
  const { method, pathParameters, impliedOrganization, meta } = operation;
  const isWrite = method !== 'GET';
  const hasParent = pathParameters.length > 0 || impliedOrganization !== null;
  return [
    400,
    401,
    ...(meta.permission === null ? [] : [403]),
    ...(hasParent ? [404] : []),
    ...(isWrite ? [409] : []),
    ...(hasBody(method) ? [413, 415] : []),
    ...headerStatusesOf(operation),
    429,
    500,
    503,
  ];
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'The caller is not known',
  403: 'The caller may not do that',
  404: 'There is no such thing, or the caller may not see it',
  409: 'The request clashes with what is there',
  412: 'It has been changed since: get it again',
  413: 'The body is too large',
  422: 'The Idempotency-Key was used for another request',
  429: 'Too many requests',
  500: 'Something failed inside Basekeep',
  503: 'Basekeep cannot answer right now',
};

function errorResponse({ retryField }: Surface, status: number, component: string, media: string) {
  const meaning = meanings[status] ?? `The body is not ${media}`;
  return {
    description: status === 429 ? `${meaning}: \`${retryField}\` says how long to wait` : meaning,
    ...errorHeadersOf(status),
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${component}` } } },
  };
}
