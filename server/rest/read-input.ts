import type { Request } from 'express';
import { z } from 'zod';
import { AppError, invalidField } from '../../shared/errors.ts';
import { parseJson } from '../middleware/body.ts';
import type { RestOperation } from './routes.ts';

/**
 * What a request asks, as one object: path parameters, and the body, or the query where there is
 * no body. A field has one place: given in another it is refused, not preferred.
 */
export function readInput(operation: RestOperation, request: Request): Record<string, unknown> {
  const query = [...new URL(request.originalUrl, 'http://localhost').searchParams];
  const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE';
  const [stray] = hasBody ? query : [];
  if (stray) throw invalidField(stray[0], 'Unknown query parameter');
  const sent = hasBody ? readBody(request) : readQuery(operation, query);
  for (const name of operation.pathParameters) {
    if (Object.hasOwn(sent, name)) throw invalidField(name, 'Unknown field');
    sent[name] = request.params[name];
  }
  return sent;
}

function readBody(request: Request): Record<string, unknown> {
  if (!request.is('application/json')) {
    if (!hasContent(request)) return {};
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json');
  }
  const body = parseJson(typeof request.body === 'string' ? request.body : '');
  const parsed = z.record(z.string(), z.unknown()).safeParse(body);
  if (!parsed.success) throw invalidField('body', 'Must be a JSON object');
  return parsed.data;
}

const hasContent = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined ||
  Number(request.headers['content-length'] ?? 0) > 0;

function readQuery(operation: RestOperation, query: readonly (readonly [string, string])[]) {
  const sent: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of query) {
    if (Object.hasOwn(sent, name)) throw invalidField(name, 'Given more than once');
    sent[name] = fromText(operation.input.shape[name], value);
  }
  return sent;
}

/** Query strings are text; numbers and booleans are read from it only in their plain spelling. */
function fromText(schema: unknown, value: string): unknown {
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
