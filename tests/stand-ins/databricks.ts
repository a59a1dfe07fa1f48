import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { StandInAnswer, StandInHandler, StandInRequest } from './http-stand-in.ts';

type Row = readonly (string | null)[];

/** A table with the rows of the information schema that belong to it. */
export interface DatabricksTable {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly comment: string | null;
  /** Name, full data type, is_nullable, default, comment, and partition_index where it has one. */
  readonly columns: readonly Row[];
  /** Name, type, column, referenced schema, table and column, update and delete rule. */
  readonly keys: readonly Row[];
}

export interface DatabricksState {
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly catalog: string;
  readonly tables: DatabricksTable[];
  /** By id; states as EndpointState of the Warehouses API. */
  readonly warehouses: Map<string, string>;
  /** How often a statement is still running when asked. */
  runningAnswers: number;
  readonly statements: string[];
  readonly cancelled: string[];
}

const ExecuteRequest = z.object({
  warehouse_id: z.string(),
  statement: z.string(),
  parameters: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  catalog: z.string().optional(),
  wait_timeout: z.string().regex(/^(0s|([5-9]|[1-4]\d|50)s)$/),
  on_wait_timeout: z.enum(['CONTINUE', 'CANCEL']).optional(),
  disposition: z.literal('INLINE'),
  format: z.literal('JSON_ARRAY'),
});
type ExecuteRequest = z.infer<typeof ExecuteRequest>;

interface Running {
  readonly rows: readonly Row[];
  answersLeft: number;
  state: string;
}

const rowsPerChunk = 2_000;
/** Of a row of columns, whether it was given a partition_index or not. */
const columnFields = 8;

/**
 * A workspace, as far as a catalog needs it: OAuth M2M, warehouses, catalogs and the Statement Execution
 * API with inline results in chunks. Formats: docs.databricks.com/api (statement-execution,
 * warehouses) and its OAuth M2M page. It knows our statements by the relation that they read first.
 */
export function databricksHandler(state: DatabricksState): StandInHandler {
  const issued = new Set<string>();
  const running = new Map<string, Running>();
  return (request) => {
    const { method, path, headers } = request;
    if (method === 'POST' && path === '/oidc/v1/token') return issueToken(state, issued, request);
    if (path === '/oidc/.well-known/oauth-authorization-server') {
      // The SDK asks where tokens are; our connector knows, and would not go where an answer points.
      const origin = `https://${headers.host}`;
      const endpoints = {
        authorization_endpoint: `${origin}/oidc/v1/authorize`,
        token_endpoint: `${origin}/oidc/v1/token`,
      };
      return { status: 200, body: endpoints };
    }
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (token !== state.token && !issued.has(token)) {
      return failure(403, '403', 'Invalid access token.');
    }
    const [, id] = /^\/api\/2\.0\/sql\/warehouses(?:\/([^/]+))?$/.exec(path) ?? [null, null];
    if (path.startsWith('/api/2.0/sql/warehouses')) return describeWarehouse(state, id ?? null);
    if (path.startsWith('/api/2.1/unity-catalog/')) return describeCatalog(state, path);
    if (method === 'POST' && /^\/api\/2\.0\/sql\/statements\/?$/.test(path)) {
      return execute(state, running, ExecuteRequest.parse(JSON.parse(request.body)));
    }
    return followStatement(state, running, request);
  };
}

function issueToken(
  state: DatabricksState,
  issued: Set<string>,
  { headers, body }: StandInRequest,
): StandInAnswer {
  const given = Buffer.from(/^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '', 'base64');
  const form = new URLSearchParams(body);
  const known = given.toString() === `${state.clientId}:${state.clientSecret}`;
  if (!known || form.get('grant_type') !== 'client_credentials') {
    return { status: 401, body: { error: 'invalid_client' } };
  }
  if (form.get('scope') !== 'all-apis') return { status: 400, body: { error: 'invalid_scope' } };
  const token = `eyJ${randomUUID()}`;
  issued.add(token);
  const answer = {
    access_token: token,
    scope: 'all-apis',
    token_type: 'Bearer',
    expires_in: 3_600,
  };
  return { status: 200, body: answer };
}

function describeWarehouse(state: DatabricksState, id: string | null): StandInAnswer {
  const describe = ([key, warehouse]: [string, string]) => ({
    ...{ id: key, name: `warehouse ${key}`, state: warehouse, warehouse_type: 'PRO' },
    ...{ cluster_size: 'Small', num_clusters: 1, health: { status: 'HEALTHY' } },
    channel: { name: 'CHANNEL_NAME_CURRENT', dbsql_version: '2026.35' },
  });
  if (id === null)
    return { status: 200, body: { warehouses: [...state.warehouses].map(describe) } };
  const found = state.warehouses.get(id);
  if (found === undefined) return failure(404, 'RESOURCE_DOES_NOT_EXIST', `No warehouse ${id}`);
  return { status: 200, body: describe([id, found]) };
}

function describeCatalog(state: DatabricksState, path: string): StandInAnswer {
  if (path.endsWith('/current-metastore-assignment')) {
    return { status: 200, body: { default_catalog_name: state.catalog, workspace_id: 1 } };
  }
  const name = decodeURIComponent(path.split('/').at(-1) ?? '');
  if (name === state.catalog)
    return { status: 200, body: { name, catalog_type: 'MANAGED_CATALOG' } };
  return failure(404, 'CATALOG_DOES_NOT_EXIST', `Catalog '${name}' does not exist.`);
}

function execute(
  state: DatabricksState,
  running: Map<string, Running>,
  request: ExecuteRequest,
): StandInAnswer {
  if (!state.warehouses.has(request.warehouse_id)) {
    return failure(404, 'NOT_FOUND', 'No such endpoint');
  }
  if (request.catalog !== undefined && request.catalog !== state.catalog) {
    return failure(404, 'CATALOG_DOES_NOT_EXIST', 'No such catalog');
  }
  state.statements.push(request.statement);
  const id = randomUUID();
  const rows = rowsOf(state, request);
  running.set(id, { rows, answersLeft: state.runningAnswers, state: 'PENDING' });
  return { status: 200, body: { statement_id: id, status: { state: 'PENDING' } } };
}

function followStatement(
  state: DatabricksState,
  running: Map<string, Running>,
  { method, path }: StandInRequest,
): StandInAnswer {
  const match =
    /^\/api\/2\.0\/sql\/statements\/([^/]+)(?:\/(cancel)|\/result\/chunks\/(\d+))?$/.exec(path);
  const [, id = '', cancel, chunk] = match ?? [];
  const statement = running.get(id);
  if (!statement) return failure(404, 'NOT_FOUND', `The statement ${id} was not found.`);
  if (method === 'POST' && cancel) {
    state.cancelled.push(id);
    statement.state = 'CANCELED';
    return { status: 200, body: {} };
  }
  if (chunk !== undefined) return { status: 200, body: chunkOf(id, statement, Number(chunk)) };
  if (statement.state !== 'CANCELED') {
    statement.state = statement.answersLeft > 0 ? 'RUNNING' : 'SUCCEEDED';
    statement.answersLeft -= 1;
  }
  const answer = { statement_id: id, status: { state: statement.state } };
  if (statement.state !== 'SUCCEEDED') return { status: 200, body: answer };
  const total = Math.max(Math.ceil(statement.rows.length / rowsPerChunk), 1);
  const manifest = {
    ...{ format: 'JSON_ARRAY', total_chunk_count: total, total_row_count: statement.rows.length },
    ...{ truncated: false, schema: { column_count: statement.rows[0]?.length ?? 0, columns: [] } },
  };
  return { status: 200, body: { ...answer, manifest, result: chunkOf(id, statement, 0) } };
}

function chunkOf(id: string, { rows }: Running, index: number): unknown {
  const from = index * rowsPerChunk;
  const data = rows.slice(from, from + rowsPerChunk);
  const link = `/api/2.0/sql/statements/${id}/result/chunks/${index + 1}?row_offset=${from}`;
  const next =
    from + rowsPerChunk < rows.length
      ? { next_chunk_index: index + 1, next_chunk_internal_link: link }
      : {};
  return {
    chunk_index: index,
    row_offset: from,
    row_count: data.length,
    data_array: data,
    ...next,
  };
}

function rowsOf({ tables }: DatabricksState, { statement, parameters }: ExecuteRequest): Row[] {
  const value = new Map(parameters.map((parameter) => [parameter.name, parameter.value]));
  const from = [value.get('schema') ?? '', value.get('table') ?? ''] as const;
  const to = [value.get('lastSchema'), value.get('lastTable')] as const;
  const inRange = tables
    .filter(({ schema, name }) => compare([schema, name], from) > 0)
    .filter(({ schema, name }) =>
      to[0] === undefined ? true : compare([schema, name], [to[0], to[1] ?? '']) <= 0,
    )
    .sort((a, b) => compare([a.schema, a.name], [b.schema, b.name]));
  const relation = /from information_schema\.(\w+)/.exec(statement)?.[1];
  const limit = Number(/limit (\d+)$/.exec(statement)?.[1] ?? Infinity);
  return inRange
    .flatMap(({ schema, name, type, comment, columns, keys }): Row[] => {
      if (relation === 'tables') return [[schema, name, type, comment]];
      if (relation !== 'columns') return keys.map((key) => [schema, name, ...key]);
      return columns.map((column) => [schema, name, ...column, null].slice(0, columnFields));
    })
    .slice(0, limit);
}

/** By bytes, as Databricks' UTF8_BINARY orders. */
function compare(a: readonly [string, string], b: readonly [string, string]): number {
  const bytes = (one: string, other: string) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other));
  return bytes(a[0], b[0]) || bytes(a[1], b[1]);
}

function failure(status: number, code: string, message: string): StandInAnswer {
  return { status, body: { error_code: code, message } };
}
