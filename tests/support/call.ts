import { request } from 'undici';
import { operationNames } from '../../server/rest/naming/operation-names.ts';
import { renameFields } from '../../server/rest/naming/rename-value.ts';
import { operationsOf } from '../../server/rest/routes.ts';
import type { Surface } from '../../server/rest/surface.ts';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { mutations, rowOf, type Input } from './matrix.ts';

/** One request, as its parts. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: Input;
  /** The field of the body that travels as a file, the body then being multipart. */
  readonly file?: string;
}

/** Headers and body of a call as `fetch` takes them. */
export function contentOf({ body, file }: Call) {
  if (!body) return { headers: {} };
  if (file === undefined) {
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  }
  const form = new FormData();
  for (const [field, value] of Object.entries(body)) {
    if (field === file) form.set(field, new Blob([Buffer.from(String(value), 'base64')]), field);
    else form.set(field, String(value));
  }
  return { headers: {}, body: form };
}

/** The call over tRPC. */
export function overTrpc(procedure: string, input: Input): Call {
  if (mutations.includes(procedure))
    return { method: 'POST', path: `/trpc/${procedure}`, body: input };
  const query = encodeURIComponent(JSON.stringify(input));
  return { method: 'GET', path: `/trpc/${procedure}?input=${query}` };
}

const operations = new Map(
  surfaces.map((surface) => [
    surface,
    new Map(
      operationsOf(surface).map((operation) => {
        const { told } = operationNames(surface, operation);
        return [operation.procedure, { operation, told }] as const;
      }),
    ),
  ]),
);

/**
 * The call over a REST surface, in its own names; null when the procedure is not on it, or when its
 * path needs what the input lacks. `extra` goes beside the path as it is.
 */
export function overRest(
  surface: Surface,
  procedure: string,
  input: Input,
  extra: Input = {},
): Call | null {
  const found = operations.get(surface)?.get(procedure);
  if (!found) return null;
  const { operation, told } = found;
  const { method, pathParameters } = operation;
  if (pathParameters.some((field) => !(field in input))) return null;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, field: string) =>
    encodeURIComponent(String(input[field])),
  );
  const besidePath = Object.entries(input).filter(([field]) => !pathParameters.includes(field));
  const beside = { ...renameFields(Object.fromEntries(besidePath), told), ...extra };
  if (method !== 'GET' && method !== 'DELETE')
    return {
      method,
      path: `${surface.prefix}${path}`,
      body: beside,
      ...(operation.meta.upload ? { file: operation.meta.upload.field } : {}),
    };
  const query = new URLSearchParams(
    Object.entries(beside).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return { method, path: `${surface.prefix}${path}${query.size > 0 ? `?${query}` : ''}` };
}

/** An input that leaves it to the surface to find out which organization is meant. */
export function withoutOrganization(procedure: string, input: Input): Input {
  const { org } = rowOf(procedure);
  return Object.fromEntries(Object.entries(input).filter(([field]) => field !== org));
}

/** What a caller sees of an answer, without what differs between two answers that say the same. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const incidental = new Set(['x-request-id', 'date', 'connection', 'keep-alive', 'ratelimit']);

export async function ask(url: string, call: Call, key: string | null): Promise<Answer> {
  const { headers, ...content } = contentOf(call);
  const options = {
    method: call.method,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...content,
  };
  const response = await send(`${url}${call.path}`, options);
  const { text } = response;
  return {
    status: response.status,
    body: JSON.parse(text.replace(/"(requestId|request_id)":"[^"]*"/, '"$1":"?"')) as unknown,
    headers: Object.fromEntries(response.headers.filter(([name]) => !incidental.has(name))),
  };
}

/** Plain requests go without fetch, which takes longer than the server does. */
async function send(url: string, { body, ...options }: SentRequest): Promise<Received> {
  if (body instanceof FormData) {
    const response = await fetch(url, { ...options, body });
    const { status, headers } = response;
    return { status, headers: [...headers], text: await response.text() };
  }
  const response = await request(url, { ...options, body: body ?? null });
  const headers = Object.entries(response.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return { status: response.statusCode, headers, text: await response.body.text() };
}

interface SentRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: FormData | string;
}

interface Received {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}
