import { z } from 'zod';
import type { StandInHandler } from './http-stand-in.ts';

/** A table as the stand-in keeps it: fields by name with their types. */
export interface PosthogTable {
  readonly name: string;
  readonly type: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly rowCount?: number;
}

export interface PosthogState {
  readonly project: string;
  readonly key: string;
  readonly tables: PosthogTable[];
}

const Body = z.object({
  query: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('HogQLQuery'), query: z.string() }),
    z.object({ kind: z.literal('DatabaseSchemaQuery') }),
  ]),
});

/**
 * PostHog's query endpoint, for the two queries that we ask. Formats: posthog.com/docs/api/queries and
 * PostHog's own types, DatabaseSchemaQueryResponse; errors as Django REST framework writes them.
 */
export function posthogHandler(state: PosthogState): StandInHandler {
  return ({ method, path, headers, body }) => {
    if (headers.authorization !== `Bearer ${state.key}`) {
      return error(401, 'authentication_error', 'invalid_api_key');
    }
    if (path !== `/api/projects/${state.project}/query/`) {
      return error(404, 'invalid_request', 'not_found');
    }
    if (method !== 'POST') return error(405, 'invalid_request', 'method_not_allowed');
    const { query } = Body.parse(JSON.parse(body));
    if (query.kind === 'HogQLQuery') {
      return { status: 200, body: { results: [[1]], columns: ['1'], types: [['1', 'UInt8']] } };
    }
    return { status: 200, body: { tables: toObject(state.tables.map(toTable)), joins: [] } };
  };
}

function toTable({ name, type, fields, rowCount }: PosthogTable): [string, unknown] {
  const described = fields.map(([field, fieldType]): [string, unknown] => [
    field,
    { name: field, hogql_value: field, type: fieldType, schema_valid: true },
  ]);
  const count = rowCount === undefined ? {} : { row_count: rowCount };
  return [name, { type, id: name, name, fields: toObject(described), ...count }];
}

/** An object whose names may be `__proto__`, as JSON may have them. */
function toObject(entries: readonly (readonly [string, unknown])[]): unknown {
  const made: object = Object.create(null);
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, { value, enumerable: true });
  }
  return made;
}

function error(status: number, type: string, code: string) {
  return { status, body: { type, code, detail: 'x'.repeat(200), attr: null } };
}
