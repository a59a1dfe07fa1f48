import { TRPCError } from '@trpc/server';
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { AppError, notFound } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Services } from '../context.ts';
import { bodyText, translateTransportErrors } from '../middleware/body.ts';
import { logError, retryAfter, toAppError } from '../middleware/errors.ts';
import { incoming } from '../middleware/request.ts';
import { answerOperation } from './answer-operation.ts';
import { RouteTable } from './route-table.ts';
import { operationsOf, type RestOperation } from './routes.ts';
import type { Surface } from './surface.ts';

/**
 * The routes of one surface. Shape in, procedure, shape out; nothing is decided here. What `gate`
 * refuses, and what cannot be read, is told in the surface's own shape too.
 */
export function restRouter(surface: Surface, services: Services, gate: RequestHandler): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  router.use(gate, bodyText);
  const operations = operationsOf(surface);
  // Written once: anybody may ask for it, and it is half a megabyte. What writes it loads with it.
  let document: Buffer | undefined;
  router.get(surface.documentPath, async (_req, res) => {
    const { documentOf } = await import('./document.ts');
    document ??= Buffer.from(JSON.stringify(documentOf(surface, operations)));
    res.type('json').send(document);
  });
  router.use(operationRouter(surface, services, operations));
  router.use(() => {
    throw notFound('Route');
  });
  router.use(translateTransportErrors, errorHandler(surface, services.log));
  return router;
}

type Handlers = Map<string, RequestHandler>;

/** Leads a request to its operation; one that no path fits goes on. */
function operationRouter(
  surface: Surface,
  services: Services,
  operations: readonly RestOperation[],
): RequestHandler {
  const table = new RouteTable<Handlers>();
  for (const [path, methods] of Map.groupBy(operations, (operation) => operation.path)) {
    table.add(path, handlersOf(surface, services, methods));
  }
  return (req, res, next) => {
    const found = table.find(req.path);
    if (!found) return next();
    const { value: handlers, params } = found;
    const handler = handlers.get(req.method === 'HEAD' ? 'GET' : req.method);
    if (!handler) {
      const allow = [...handlers.keys()].join(', ');
      res.set('Allow', allow);
      throw new AppError('METHOD_NOT_ALLOWED', `This path answers to ${allow}`);
    }
    req.params = params;
    return handler(req, res, next);
  };
}

function handlersOf(
  surface: Surface,
  services: Services,
  operations: readonly RestOperation[],
): Handlers {
  return new Map(
    operations.map((operation) => [
      operation.method,
      answerOperation(surface, services, operation),
    ]),
  );
}

function errorHandler(surface: Surface, log: Logger): ErrorRequestHandler {
  return (error: unknown, req: Request, res: Response, next) => {
    if (res.headersSent) return next(error);
    const appError = toAppError(error);
    const { requestId } = incoming(req, res);
    // What comes out of a procedure was logged there.
    if (!(error instanceof TRPCError)) logError(log.child({ requestId }), appError, req.path);
    const { status, body } = surface.error(appError, requestId);
    res.set(retryAfter(appError));
    if (appError.code === 'UNAUTHENTICATED') res.set('WWW-Authenticate', 'Bearer');
    res.status(status).json(body);
  };
}
