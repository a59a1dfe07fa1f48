import { GoogleTokens, type TokenService } from './google-tokens.ts';
import type { StandInAnswer, StandInHandler, StandInRequest } from './http-stand-in.ts';

/** A table as tables.get describes it, without its own names. */
export interface BigQueryTable {
  readonly schema: string;
  readonly name: string;
  readonly resource: { readonly [field: string]: unknown };
}

export interface BigQueryState extends TokenService {
  readonly project: string;
  /** The names that it answers by; null answers by any. */
  readonly hosts: { readonly token: string; readonly api: string } | null;
  readonly datasets: Set<string>;
  readonly tables: BigQueryTable[];
  /** Answers with this instead, while it gives one. */
  refuse: (request: StandInRequest) => StandInAnswer | Promise<StandInAnswer> | null;
  /** Paths and queries that were asked for, tokens as /token. */
  readonly asked: string[];
}

/**
 * Google's token endpoint for service accounts, and datasets and tables of the BigQuery API v2 with pages
 * and partial answers (`fields`). Formats: "Using OAuth 2.0 for Server to Server Applications" and the
 * REST reference of BigQuery; errors as its "Error messages" page has them.
 */
export function bigQueryHandler(state: BigQueryState): StandInHandler {
  const tokens = new GoogleTokens(state);
  return async (request) => {
    const { method, path, query, headers } = request;
    const host = path === '/token' ? state.hosts?.token : state.hosts?.api;
    if (state.hosts && headers.host?.split(':')[0] !== host) return apiError(404, 'notFound', host);
    state.asked.push(query.size > 0 ? `${path}?${query.toString()}` : path);
    const refused = state.refuse(request);
    if (refused) return refused;
    if (method === 'POST' && path === '/token') return tokens.issue(request);
    if (!tokens.accepts(request)) {
      return apiError(401, 'authError', 'Request had invalid authentication credentials.');
    }
    if (method !== 'GET') return apiError(403, 'accessDenied', 'Access Denied');
    return describe(state, request);
  };
}

function describe(state: BigQueryState, { path, query }: StandInRequest): StandInAnswer {
  const [, ...names] =
    /^\/bigquery\/v2\/projects\/([^/]+)\/datasets(?:\/([^/]+)(?:\/(tables)(?:\/([^/]+))?)?)?$/.exec(
      path,
    ) ?? [];
  const [project, dataset, tables, table] = names.map((name) =>
    name === undefined ? undefined : decodeURIComponent(name),
  );
  if (project === undefined) return apiError(404, 'notFound', 'Not Found');
  if (project !== state.project) return apiError(404, 'notFound', `Not found: Project ${project}`);
  if (dataset === undefined) return listDatasets(state, query);
  if (!state.datasets.has(dataset)) {
    return apiError(404, 'notFound', `Not found: Dataset ${project}:${dataset}`);
  }
  if (tables === undefined) {
    // The account is no more than a metadata viewer.
    if (query.get('datasetView') !== 'METADATA') {
      const right = 'bigquery.datasets.getIamPolicy';
      return apiError(403, 'accessDenied', `Access Denied: Permission ${right} denied`);
    }
    const datasetReference = { projectId: project, datasetId: dataset };
    return { status: 200, body: { kind: 'bigquery#dataset', datasetReference, location: 'EU' } };
  }
  if (table === undefined) return listTables(state, dataset, query);
  const found = state.tables.find(({ schema, name }) => schema === dataset && name === table);
  if (!found) return apiError(404, 'notFound', `Not found: Table ${project}:${dataset}.${table}`);
  return { status: 200, body: partial(tableResource(state, found), query.get('fields')) };
}

function listDatasets({ project, datasets }: BigQueryState, query: URLSearchParams): StandInAnswer {
  const all = [...datasets].map((datasetId) => ({
    kind: 'bigquery#dataset',
    id: `${project}:${datasetId}`,
    datasetReference: { projectId: project, datasetId },
    location: 'EU',
  }));
  const { page, nextPageToken } = pageOf(all, query);
  const list = { kind: 'bigquery#datasetList', etag: 'e' };
  // As the API does: an empty list is left out.
  return {
    status: 200,
    body: { ...list, ...(page.length ? { datasets: page } : {}), nextPageToken },
  };
}

function listTables(state: BigQueryState, dataset: string, query: URLSearchParams): StandInAnswer {
  const all = state.tables.filter(({ schema }) => schema === dataset);
  const { page, nextPageToken } = pageOf(all, query);
  const tables = page.map(({ schema, name, resource }) => ({
    kind: 'bigquery#table',
    id: `${state.project}:${schema}.${name}`,
    tableReference: { projectId: state.project, datasetId: schema, tableId: name },
    type: resource['type'],
  }));
  const list = { kind: 'bigquery#tableList', etag: 'e', totalItems: all.length };
  return { status: 200, body: { ...list, ...(tables.length ? { tables } : {}), nextPageToken } };
}

function pageOf<T>(
  all: readonly T[],
  query: URLSearchParams,
): { page: readonly T[]; nextPageToken?: string } {
  const from = Number(query.get('pageToken') ?? 0);
  // Fewer than are asked for, as the API may give.
  const to = from + Math.min(Number(query.get('maxResults') ?? 50), 300);
  return {
    page: all.slice(from, to),
    ...(to < all.length ? { nextPageToken: `${to}` } : {}),
  };
}

function tableResource({ project }: BigQueryState, { schema, name, resource }: BigQueryTable) {
  return {
    kind: 'bigquery#table',
    etag: 'e',
    id: `${project}:${schema}.${name}`,
    tableReference: { projectId: project, datasetId: schema, tableId: name },
    creationTime: '1700000000000',
    location: 'EU',
    ...resource,
  };
}

/** Only the fields that are asked for; Google calls it a partial response. */
function partial(resource: object, fields: string | null): unknown {
  if (fields === null) return resource;
  const wanted = new Set(fields.split(','));
  return Object.fromEntries(Object.entries(resource).filter(([field]) => wanted.has(field)));
}

/** An error as BigQuery writes it. */
export function apiError(code: number, reason: string, message = ''): StandInAnswer {
  const errors = [{ message, domain: 'global', reason }];
  return { status: code, body: { error: { code, message, errors, status: 'ERROR' } } };
}
