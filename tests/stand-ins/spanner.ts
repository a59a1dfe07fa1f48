import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { GoogleTokens, type TokenService } from './google-tokens.ts';
import type { StandInAnswer, StandInHandler, StandInRequest } from './http-stand-in.ts';
import { inParts, rowsOf, type SpannerTable } from './spanner-results.ts';

export interface SpannerState extends TokenService {
  /** projects/p/instances/i/databases/d */
  readonly database: string;
  /** The names that it answers by; null answers by any. */
  readonly hosts: { readonly token: string; readonly api: string } | null;
  readonly tables: SpannerTable[];
  dialect: 'GOOGLE_STANDARD_SQL' | 'POSTGRESQL';
  /** Sessions that have been made and not deleted. */
  readonly sessions: Set<string>;
  /** How many have been made. */
  made: number;
  readonly statements: string[];
  /** Answers with this instead, while it gives one; a call is its HTTP method and what is asked for. */
  refuse: (call: string, body: string) => StandInAnswer | Promise<StandInAnswer> | null;
}

const ExecuteRequest = z.object({ sql: z.string(), transaction: z.object({ id: z.string() }) });

/**
 * Google's token endpoint, and sessions, read-only transactions and statements of the Spanner REST API
 * v1, results in parts as executeStreamingSql gives them. Formats: the REST reference of Cloud Spanner
 * and google.rpc.Status. It knows our statements by the relation that they read first.
 */
export function spannerHandler(state: SpannerState): StandInHandler {
  const tokens = new GoogleTokens(state);
  const transactions = new Map<string, string>();
  return async (request) => {
    const { method, path, headers } = request;
    const isToken = path === '/token';
    const host = isToken ? state.hosts?.token : state.hosts?.api;
    if (state.hosts && headers.host?.split(':')[0] !== host) return apiError(404, 'NOT_FOUND');
    const call = `${method} ${isToken ? 'token' : (/[^/:]+$/.exec(path)?.[0] ?? '')}`;
    const refused = state.refuse(call, request.body);
    if (refused) return refused;
    if (isToken) return tokens.issue(request);
    if (!tokens.accepts(request)) {
      return apiError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    }
    return answer(state, transactions, request);
  };
}

function answer(
  state: SpannerState,
  transactions: Map<string, string>,
  { method, path, body }: StandInRequest,
): StandInAnswer {
  const [, database = '', session, verb] =
    /^\/v1\/(.+?)\/sessions(?:\/([^/:]+))?(?::(\w+))?$/.exec(path) ?? [];
  const gone = notFound(state, database, session);
  if (gone) return gone;
  if (method === 'POST' && session === undefined) return makeSession(state);
  if (method === 'DELETE' && verb === undefined) {
    state.sessions.delete(session ?? '');
    return { status: 200, body: {} };
  }
  if (method === 'POST' && verb === 'beginTransaction') {
    const { options } = z
      .object({ options: z.object({ readOnly: z.object({ strong: z.literal(true) }) }) })
      .parse(JSON.parse(body));
    const id = Buffer.from(randomUUID()).toString('base64');
    transactions.set(id, session ?? '');
    return { status: 200, body: { id, ...(options.readOnly.strong ? {} : { readTimestamp: '' }) } };
  }
  if (method !== 'POST' || verb !== 'executeStreamingSql') return apiError(404, 'NOT_FOUND');
  const { sql, transaction } = ExecuteRequest.parse(JSON.parse(body));
  if (transactions.get(transaction.id) !== session) {
    return apiError(400, 'INVALID_ARGUMENT', 'Invalid transaction id');
  }
  state.statements.push(sql);
  const rows = rowsOf(state, sql);
  return rows ? { status: 200, body: inParts(rows) } : apiError(400, 'INVALID_ARGUMENT', sql);
}

function makeSession(state: SpannerState): StandInAnswer {
  const id = `AJ${randomUUID()}_`;
  state.sessions.add(id);
  state.made += 1;
  const name = `${state.database}/sessions/${id}`;
  return { status: 200, body: { name, createTime: '2026-11-21T00:00:00.000001Z' } };
}

function notFound(
  state: SpannerState,
  database: string,
  session: string | undefined,
): StandInAnswer | null {
  const instance = state.database.replace(/\/databases\/.*/, '');
  if (!database.startsWith(`${instance}/`)) {
    return apiError(404, 'NOT_FOUND', `Instance not found: ${database}`);
  }
  if (database !== state.database) {
    return apiError(404, 'NOT_FOUND', `Database not found: ${database}`);
  }
  if (session !== undefined && !state.sessions.has(session)) {
    return apiError(404, 'NOT_FOUND', `Session not found: ${database}/sessions/${session}`);
  }
  return null;
}

/** An error as Google's APIs write it. */
export function apiError(
  code: number,
  status: string,
  message = '',
  reason?: string,
): StandInAnswer {
  const type = 'type.googleapis.com/google.rpc.ErrorInfo';
  const details = reason === undefined ? [] : [{ '@type': type, reason, domain: 'googleapis.com' }];
  return { status: code, body: { error: { code, message, status, details } } };
}
