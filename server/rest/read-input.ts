import { TRPCError } from '@trpc/server';
import type { Request } from 'express';
import { z } from 'zod';
import { AppError, invalidField } from '../../shared/errors.ts';
import { searchParams } from '../http/search-params.ts';
import { parseJson } from '../middleware/body.ts';
import type { NumberedPage } from '../paging/numbered-page.ts';
import type { Names } from './naming/names.ts';
import { renameFields } from './naming/rename-value.ts';
import { hasBody, type RestOperation } from './routes.ts';

type Fields = Record<string, unknown>;

/**
 * What a request asks, as one object in the procedure's own names: path parameters, and the body
 * (or the `file` that was read from it), or the query where there is no body; a route may name fields
 * that stand in the query beside it. A field has one place: given in another it is refused, not
 * preferred.
 */
export function readInput(
  operation: RestOperation,
  request: Request,
  namesIn: Names | null,
  file: Fields | null = null,
): Fields {
  const { method, pathParameters, queryFields, nameOf } = operation;
  const query = [...searchParams(request)];
  const isInBody = hasBody(method);
  const known = new Set(queryFields.map(nameOf));
  const stray = isInBody ? query.find(([name]) => !known.has(name)) : undefined;
  if (stray) throw invalidField(stray[0], 'Unknown query parameter');
  const inQuery = fromTexts(operation.input, renameFields(unrepeated(query), namesIn));
  const sent = isInBody ? renameFields(file ?? readBody(request), namesIn) : inQuery;
  for (const field of [...pathParameters, ...queryFields]) {
    if (Object.hasOwn(sent, field)) throw invalidField(nameOf(field), 'Unknown field');
  }
  for (const field of pathParameters) sent[field] = request.params[field];
  return isInBody ? { ...sent, ...inQuery } : sent;
}

const PageRequest = z.strictObject({
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(100).default(50),
});

/** The schema of the fields that ask for a page by its number. */
export const pageRequest = PageRequest.shape;

/** Takes the number of a page out of what was sent; a cursor is then a field like any unknown one. */
export function takeNumberedPage(sent: Fields): { input: Fields; numberedPage: NumberedPage } {
  const { page, pageSize, ...input } = sent;
  const [stray] = ['limit', 'cursor'].filter((field) => Object.hasOwn(input, field));
  if (stray !== undefined) throw invalidField(stray, 'Unknown field');
  const asked = PageRequest.safeParse(fromTexts(PageRequest, defined({ page, pageSize })));
  // As tRPC reports it, so that it is told like any other field.
  if (!asked.success) throw new TRPCError({ code: 'BAD_REQUEST', cause: asked.error });
  return { input, numberedPage: { ...asked.data, totalCount: null } };
}

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function readBody(request: Request): Fields {
  if (!request.is('application/json')) {
    if (!hasContent(request)) return {};
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json');
  }
  const body = parseJson(typeof request.body === 'string' ? request.body : '');
  if (!isFields(body)) throw invalidField('body', 'Must be a JSON object');
  return body;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasContent = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined ||
  Number(request.headers['content-length'] ?? 0) > 0;

function unrepeated(query: readonly (readonly [string, string])[]): Record<string, string> {
  const names = new Set<string>();
  for (const [name] of query) {
    if (names.has(name)) throw invalidField(name, 'Given more than once');
    names.add(name);
  }
  return Object.fromEntries(query);
}

/** Query strings are text; numbers and booleans are read from it only in their plain spelling. */
function fromTexts({ shape }: z.ZodObject, texts: Fields): Fields {
  return Object.fromEntries(
    Object.entries(texts).map(([field, value]) => [field, fromText(shape[field], value)]),
  );
}

function fromText(schema: unknown, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const type = schema instanceof z.ZodType ? innermost(schema) : undefined;
  if (type instanceof z.ZodNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  if (type instanceof z.ZodBoolean && (value === 'true' || value === 'false'))
    return value === 'true';
  return value;
}

function innermost(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable
  ) {
    const inner = schema.unwrap();
    return inner instanceof z.ZodType ? innermost(inner) : schema;
  }
  return schema;
}
