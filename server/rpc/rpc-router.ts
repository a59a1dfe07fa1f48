import { TRPCError } from '@trpc/server';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import { AppError, invalidField } from '../../shared/errors.ts';
import { createContext, type IncomingRequest, type Services } from '../context.ts';
import { searchParams } from '../http/search-params.ts';
import { assertSoundJson } from '../middleware/assert-sound-json.ts';
import { bodyText, maxBodyBytes, translateTransportErrors } from '../middleware/body.ts';
import { errorTable, logError, retryAfter, toAppError, trpcError } from '../middleware/errors.ts';
import { incoming } from '../middleware/request.ts';
import { appRouter } from '../router.ts';
import { answerQuery } from './answer-query.ts';

/** The procedures as typed RPC, for tRPC's client. `gate` comes first. */
export function rpcRouter(services: Services, gate: RequestHandler): Router {
  const router = express.Router({ caseSensitive: true });
  router.use(gate, counted, jsonOnly, bodyText);
  router.use(answerQuery(services), checkJson, answerAnything(services));
  router.use(translateTransportErrors, answerError(services));
  return router;
}

/** In metrics and logs all of them are one operation. */
const counted: RequestHandler = (_req, res, next) => {
  res.locals['operation'] = 'trpc';
  next();
};

/** As tRPC has it, but told with the request's id: without a context it knows none. */
const jsonOnly: RequestHandler = (req, _res, next) => {
  if (req.method === 'POST' && !req.is('application/json')) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json');
  }
  next();
};

const checkJson: RequestHandler = (req, _res, next) => {
  if (typeof req.body === 'string') assertSoundJson(req.body);
  const input = searchParams(req).get('input');
  if (input !== null) assertSoundJson(input);
  next();
};

/** tRPC's own adapter: batches, mutations, and whatever else its protocol has. */
function answerAnything(services: Services): RequestHandler {
  return createExpressMiddleware({
    router: appRouter,
    maxBodySize: maxBodyBytes,
    // A batch is a convenience of the typed client; larger ones multiply the work of one request.
    maxBatchSize: 10,
    createContext: ({ req, res, info }) => {
      const request = incoming(req, res);
      assertOneSignIn(info.calls.map(({ path }) => path));
      return createContext(services, info.calls.length > 1 ? inBatch(request) : request);
    },
    responseMeta: ({ errors }) => ({ headers: new Headers(retryAfter(...errors.map(toAppError))) }),
    // What comes out of a procedure was logged there, with the context that is missing here.
    onError: ({ error, req, path = 'trpc' }) => {
      if (error.cause instanceof AppError || !req.res) return;
      const { requestId } = incoming(req, req.res);
      logError(services.log.child({ requestId }), toAppError(error), path);
    },
  });
}

/** A batch is no way to try ten passwords at once. */
function assertOneSignIn(paths: readonly string[]): void {
  if (paths.length === 1 || !paths.some((path) => path.startsWith('auth.'))) return;
  throw badRequest(new AppError('VALIDATION', 'Procedures of auth are not taken in a batch'));
}

/**
 * Headers that are about one operation mean nothing for several: two equal calls with one key would
 * become one, and which of them a tag belongs to could not be told.
 */
function inBatch(request: IncomingRequest): IncomingRequest {
  const { idempotencyKey, ifMatch, setHeader } = request;
  if (idempotencyKey !== null) {
    throw badRequest(invalidField('Idempotency-Key', 'Is not taken with a batch'));
  }
  if (ifMatch !== null) throw badRequest(invalidField('If-Match', 'Is not taken with a batch'));
  return {
    ...request,
    setHeader: (name, value) => {
      if (name !== 'ETag') setHeader(name, value);
    },
  };
}

function badRequest(cause: AppError): TRPCError {
  return new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause });
}

/** For errors on the way to a procedure, in the shape that the RPC client understands. */
function answerError(services: Services): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const { requestId } = incoming(req, res);
    const appError = toAppError(error);
    logError(services.log.child({ requestId }), appError, 'trpc');
    res.set(retryAfter(appError));
    res.status(errorTable[appError.code].status).json({ error: trpcError(appError, requestId) });
  };
}
