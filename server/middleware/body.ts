import type { ErrorRequestHandler, RequestHandler } from 'express';
import { AppError, invalidField } from '../../shared/errors.ts';
import { assertSoundJson } from './assert-sound-json.ts';
import { readBody } from './read-body.ts';

/** The largest body, decompressed: 256 KB. */
export const maxBodyBytes = 256 * 1_024;

/**
 * JSON bodies as text: whoever parses them does it through `parseJson`. What nobody looks at, the
 * body of a GET or a DELETE, is not read.
 */
export const bodyText: RequestHandler = async (req, _res, next) => {
  const isRead = !['GET', 'HEAD', 'DELETE'].includes(req.method) && req.is('application/json');
  if (isRead) req.body = await readBody(req, maxBodyBytes);
  next();
};

/** Strict and sound JSON. VALIDATION otherwise; an empty text counts as an empty object. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  assertSoundJson(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('VALIDATION', 'The body is not valid JSON');
  }
  assertPlain(value);
  return value;
}

// Such a key reaches no prototype through JSON.parse; refusing it keeps it from anything behind.
function assertPlain(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  if (Object.hasOwn(value, '__proto__')) throw invalidField('__proto__', 'Unknown field');
  Object.values(value).forEach(assertPlain);
}

/** Turns what express throws into errors of ours. */
export const translateTransportErrors: ErrorRequestHandler = (error: unknown, _req, _res, next) => {
  next(fromTransport(error));
};

function fromTransport(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const status = 'status' in error ? error.status : undefined;
  if (status === 400 || error instanceof URIError) {
    return new AppError('VALIDATION', 'The request could not be read', { cause: error });
  }
  return error;
}
