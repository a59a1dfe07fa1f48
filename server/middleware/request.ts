import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from '../../shared/logger.ts';
import type { IncomingRequest } from '../context.ts';
import { credentialIn } from '../identity/credential.ts';
import { observeRequest } from '../metrics.ts';

/** Gives each request its id, in the answer's header and in its log line, and counts it. */
export function logRequests(log: Logger): RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    const requestId = `req_${randomUUID()}`;
    res.locals['requestId'] = requestId;
    res.set('X-Request-Id', requestId);
    res.once('close', () => {
      const durationMs = performance.now() - startedAt;
      const operation = operationOf(res);
      const status = res.writableFinished ? res.statusCode : 499;
      observeRequest({ operation, method: req.method, status, durationMs }).catch(
        (error: unknown) => log.warn({ err: error, requestId }, 'request not counted'),
      );
      // The path as it was matched: what callers put into paths and queries stays out of the log.
      log.info(
        { requestId, method: req.method, operation, status, durationMs: Math.round(durationMs) },
        'request',
      );
    });
    next();
  };
}

function operationOf(res: Response): string {
  const operation: unknown = res.locals['operation'];
  return typeof operation === 'string' ? operation : 'other';
}

/** A request as procedures see it. */
export function incoming(
  req: Request,
  res: Response,
  { adminsOnly }: { adminsOnly: boolean } = { adminsOnly: false },
): IncomingRequest {
  const requestId: unknown = res.locals['requestId'];
  return {
    requestId: typeof requestId === 'string' ? requestId : 'unknown',
    credential: credentialIn(req.headers),
    baseUrl: `${req.protocol}://${req.host}`,
    route: null,
    adminsOnly,
    address: req.ip ?? null,
    userAgent: req.headers['user-agent']?.slice(0, 400) ?? null,
    signal: closeSignal(res),
    idempotencyKey: headerText(req, 'idempotency-key'),
    ifMatch: headerText(req, 'if-match'),
    setHeader: (name, value) => {
      if (!res.headersSent) res.set(name, value);
    },
  };
}

function headerText(req: Request, name: string): string | null {
  const value = req.headers[name];
  return typeof value === 'string' ? value : null;
}

function closeSignal(res: Response): AbortSignal {
  const known: unknown = res.locals['signal'];
  if (known instanceof AbortSignal) return known;
  const controller = new AbortController();
  // Aborting costs more than the rest of a short request, and who has the answer needs none.
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  res.locals['signal'] = controller.signal;
  return controller.signal;
}
