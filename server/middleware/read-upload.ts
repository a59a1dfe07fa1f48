import busboy from 'busboy';
import type { Request } from 'express';
import { AppError, invalidField } from '../../shared/errors.ts';
import { readBytes } from './read-body.ts';

/** The one file of a multipart body. */
export interface Upload {
  readonly field: string;
  readonly maxBytes: number;
  /** For the documentation; what the file really is, is for its procedure to find out. */
  readonly types: readonly string[];
}

/** Boundaries and headers of the parts: far more than a client writes for one of them. */
const frameBytes = 8 * 1_024;

/**
 * The file of a multipart/form-data body. Nothing else may be in it: VALIDATION names what is too
 * much or missing. All of it is held in memory, so ask for it only when it is known who calls.
 */
export async function readUpload(req: Request, upload: Upload): Promise<Buffer> {
  if (!req.is('multipart/form-data')) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be multipart/form-data');
  }
  const body = await readBytes(req, upload.maxBytes + frameBytes);
  const file = await fileIn(body, req.headers['content-type'] ?? '', upload);
  if (file.length > upload.maxBytes) {
    const megabytes = upload.maxBytes / 1_024 / 1_024;
    throw new AppError('PAYLOAD_TOO_LARGE', `${upload.field}: Must be at most ${megabytes} MB`);
  }
  return file;
}

function fileIn(body: Buffer, contentType: string, { field }: Upload): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const unreadable = (cause: unknown): void =>
      reject(new AppError('VALIDATION', 'The request could not be read', { cause }));
    const refuse = (name: string, reason: string): void =>
      reject(invalidField(name.slice(0, 100), reason));
    let chunks: Buffer[] | undefined;
    try {
      const parser = busboy({
        headers: { 'content-type': contentType },
        // Two of each, so that the second is seen and refused.
        limits: { files: 2, fields: 1, parts: 2, fieldSize: 1, headerPairs: 20 },
      });
      parser.on('file', (name, stream) => {
        stream.on('error', unreadable);
        if (name !== field) refuse(name, 'Unknown field');
        else if (chunks) refuse(name, 'Given more than once');
        else {
          const own: Buffer[] = (chunks = []);
          return stream.on('data', (chunk: Buffer) => own.push(chunk));
        }
        return stream.resume();
      });
      parser.on('field', (name) =>
        refuse(name, name === field ? 'Must be a file' : 'Unknown field'),
      );
      parser.on('partsLimit', () => refuse('body', `Must have one part, ${field}`));
      parser.on('error', unreadable);
      parser.on('close', () =>
        chunks ? resolve(Buffer.concat(chunks)) : refuse(field, 'Required'),
      );
      parser.end(body);
    } catch (cause) {
      unreadable(cause);
    }
  });
}
