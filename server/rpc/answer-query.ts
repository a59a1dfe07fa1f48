import type { IncomingHttpHeaders } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { callProcedure, procedures } from '../call-procedure.ts';
import { createContext, type Services } from '../context.ts';
import { searchParams } from '../http/search-params.ts';
import { assertSoundJson } from '../middleware/assert-sound-json.ts';
import { errorTable, retryAfter, toAppError, trpcError } from '../middleware/errors.ts';
import { incoming } from '../middleware/request.ts';

/**
 * The way of most calls: one query, plain JSON. tRPC's own adapter makes a Fetch request and a
 * streamed Fetch response of each, which costs more than many a query; this gives the same answer.
 * Whatever is not exactly that goes on to tRPC's adapter, which stays the authority.
 */
export function answerQuery(services: Services): RequestHandler {
  return async (req, res, next) => {
    const query = plainQuery(req);
    if (!query) return next();
    const request = incoming(req, res);
    const answer = await callProcedure(
      query.path,
      createContext(services, request),
      query.input,
    ).then(
      (data) => ({ result: { data } }),
      (error: unknown) => ({ error: refuse(res, error, request.requestId) }),
    );
    // As tRPC says it; express would add a charset.
    res.setHeader('Content-Type', 'application/json').setHeader('Vary', 'trpc-accept, accept');
    res.end(JSON.stringify(query.isBatch ? [answer] : answer));
  };
}

interface PlainQuery {
  readonly path: string;
  readonly isBatch: boolean;
  readonly input: unknown;
}

const known = new Set(['batch', 'input']);

/** One query and its input, null when there is anything else to the request. */
function plainQuery(req: Request): PlainQuery | null {
  if (req.method !== 'GET' || isSpecial(req.headers)) return null;
  const path = req.path.slice(1);
  const definition = procedures.get(path)?._def;
  if (definition?.type !== 'query' || definition.meta?.streams) return null;
  const parameters = searchParams(req);
  const names = [...parameters.keys()];
  if (names.length > known.size || !names.every((name) => known.has(name))) return null;
  const batch = parameters.get('batch');
  if (batch !== null && batch !== '1') return null;
  const inputs = parsed(parameters.get('input'));
  if (inputs === unreadable) return null;
  if (batch === null) return { path, isBatch: false, input: inputs };
  if (!isRecord(inputs)) return null;
  return { path, isBatch: true, input: inputs['0'] };
}

/** A type of body, or an answer in pieces. */
const isSpecial = (headers: IncomingHttpHeaders): boolean =>
  headers['content-type'] !== undefined ||
  headers['trpc-accept'] !== undefined ||
  headers.accept?.includes('jsonl') === true;

const unreadable = Symbol('unreadable');

function parsed(text: string | null): unknown {
  if (text === null || text === '') return undefined;
  assertSoundJson(text);
  try {
    return JSON.parse(text);
  } catch {
    return unreadable;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(res: Response, error: unknown, requestId: string) {
  const appError = toAppError(error);
  res.set(retryAfter(appError)).status(errorTable[appError.code].status);
  return trpcError(appError, requestId);
}
