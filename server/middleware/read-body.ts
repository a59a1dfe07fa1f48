import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request } from 'express';
import { AppError } from '../../shared/errors.ts';

/** The body as text: see `readBytes`. VALIDATION when it is not UTF-8. */
export async function readBody(req: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(req, maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('VALIDATION', 'The request could not be read', { cause });
  }
}

/**
 * The body, `maxBytes` long at most when decompressed. What is larger is refused as soon as
 * that shows, and the rest is left unread: express's reader first takes in all of it, for as long
 * as a request may last.
 */
export async function readBytes(req: Request, maxBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const source = decoded(req);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    // Destroying the request would take the connection away from the answer.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      const part = chunk as Uint8Array;
      bytes += part.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      chunks.push(part);
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('VALIDATION', 'The request could not be read', { cause });
  } finally {
    if (source !== req) {
      req.unpipe();
      source.destroy();
    }
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBytes / 1_024} KB`);
}

const decoders = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** The body without its content encoding. UNSUPPORTED_MEDIA_TYPE for what nobody here reads. */
function decoded(req: Request): Readable {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(req.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The charset is not supported');
  }
  const encoding = (req.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return req;
  const decoder = decoders.get(encoding)?.();
  if (!decoder) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The content encoding is not supported');
  }
  req.once('error', (error) => decoder.destroy(error));
  return req.pipe(decoder);
}
