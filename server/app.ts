import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { AppError, notFound } from '../shared/errors.ts';
import type { Services } from './context.ts';
import { docsRouter } from './http/docs-router.ts';
import type { Readiness } from './health.ts';
import { iconsRouter } from './http/icons-router.ts';
import { metricsText } from './metrics.ts';
import { translateTransportErrors } from './middleware/body.ts';
import { logError, retryAfter, toAppError } from './middleware/errors.ts';
import { incoming, logRequests } from './middleware/request.ts';
import { restRouter } from './rest/dispatch.ts';
import { surfaces } from './rest/surfaces/index.ts';
import { publicSurface } from './rest/surfaces/public.ts';
import { rpcRouter } from './rpc/rpc-router.ts';

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
  app.use('/trpc', rpcRouter(services, startedOnly(readiness)));
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
    const isUp = checks.database === 'up' && checks.queue === 'up';
    const status = readiness.progress.isStopping ? 'stopping' : isUp ? 'ok' : 'unavailable';
    if (status !== 'ok') res.set(retryAfter(new AppError('UNAVAILABLE', 'Not ready')));
    res.status(status === 'ok' ? 200 : 503).json({ status, ...checks });
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
    if (readiness.progress.stage === 'started') return next();
    throw new AppError('UNAVAILABLE', 'The service is starting');
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
