import { createHash, timingSafeEqual } from 'node:crypto';
import { TRPCError } from '@trpc/server';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { AppError, invalidField, notFound } from '../shared/errors.ts';
import { createContext, type IncomingRequest, type Services } from './context.ts';
import { docsRouter } from './docs-router.ts';
import type { Readiness } from './health.ts';
import { iconsRouter } from './icons-router.ts';
import { metricsText } from './metrics.ts';
import {
  assertShallow,
  bodyText,
  maxBodyBytes,
  translateTransportErrors,
} from './middleware/body.ts';
import { errorTable, logError, retryAfter, toAppError, trpcError } from './middleware/errors.ts';
import { incoming, logRequests } from './middleware/request.ts';
import { restRouter } from './rest/dispatch.ts';
import { surfaces } from './rest/surfaces/index.ts';
import { publicSurface } from './rest/surfaces/public.ts';
import { appRouter } from './router.ts';

interface AppOptions {
  readonly services: Services;
  readonly readiness: Readiness;
  readonly metricsToken: string | undefined;
  /** How many proxies in front of it are believed about who calls. */
  readonly trustedProxies?: number | undefined;
}

/** The HTTP application: health and metrics, the documentation, pictures, every surface, then RPC. */
export function createApp(options: AppOptions): Express {
  const { services, readiness, metricsToken, trustedProxies = 0 } = options;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.set('trust proxy', trustedProxies);
  app.use(logRequests(services.log));
  app.use(helmet(), notStored);
  app.get('/api/healthz', healthz(readiness));
  app.get('/metrics', metrics(services, metricsToken));
  app.get(
    '/.well-known/jwks.json',
    (_req, res) => void res.json({ keys: services.accessTokens.jwks }),
  );
  app.use('/docs', docsRouter());
  app.use('/icons', iconsRouter(services, startedOnly(readiness)));
  for (const surface of surfaces) {
    app.use(surface.prefix, restRouter(surface, services, startedOnly(readiness)));
  }
  app.use('/trpc', startedOnly(readiness), bodyText, checkDepth, trpc(services));
  app.use('/trpc', translateTransportErrors, trpcErrors(services));
  app.use(() => {
    throw notFound('Route');
  });
  app.use(translateTransportErrors, lastResort(services));
  return app;
}

/** Answers are somebody's own, and some hold secrets: no cache on the way keeps one. */
const notStored: RequestHandler = (_req, res, next) => {
  res.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
  next();
};

function healthz(readiness: Readiness): RequestHandler {
  return async (_req, res) => {
    const checks = await readiness.check();
    const isReady = checks.database === 'up' && checks.queue === 'up';
    res.status(isReady ? 200 : 503).json({ status: isReady ? 'ok' : 'unavailable', ...checks });
  };
}

function metrics(services: Services, token: string | undefined): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return async (req, res) => {
    const given = digest(req.headers.authorization ?? '');
    if (token !== undefined && !timingSafeEqual(given, digest(`Bearer ${token}`))) {
      throw new AppError('UNAUTHENTICATED', 'The metrics token is missing or wrong');
    }
    res.type('text/plain').send(await metricsText(services.orm));
  };
}

/** Until the database was found in order, everything that needs it says so at once. */
function startedOnly(readiness: Readiness): RequestHandler {
  return (_req, _res, next) => {
    if (readiness.started) return next();
    throw new AppError('UNAVAILABLE', 'The service is starting');
  };
}

const checkDepth: RequestHandler = (req, _res, next) => {
  if (typeof req.body === 'string') assertShallow(req.body);
  const input = new URL(req.originalUrl, 'http://localhost').searchParams.get('input');
  if (input !== null) assertShallow(input);
  next();
};

function trpc(services: Services): RequestHandler {
  const handle = createExpressMiddleware({
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
  return (req, res, next) => {
    res.locals['operation'] = 'trpc';
    handle(req, res, next);
  };
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
function trpcErrors(services: Services): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const { requestId } = incoming(req, res);
    const appError = toAppError(error);
    logError(services.log.child({ requestId }), appError, 'trpc');
    res.set(retryAfter(appError));
    res.status(errorTable[appError.code].status).json({ error: trpcError(appError, requestId) });
  };
}

/** For errors outside of any surface, in the shape of the public one. */
function lastResort(services: Services): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const appError = toAppError(error);
    const { requestId } = incoming(req, res);
    logError(services.log.child({ requestId }), appError, req.path);
    res.set(retryAfter(appError));
    const { status, body } = publicSurface.error(appError, requestId);
    res.status(status).json(body);
  };
}
