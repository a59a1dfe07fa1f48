import type { Readable } from 'node:stream';
import { ConnectionFailure } from '../connector.ts';

export interface LineBounds {
  /** Up to a chunk of the stream more is let through. */
  readonly maxLineBytes: number;
  /** Of all lines together. */
  readonly maxBytes: number;
}

const newline = 10;

/** The whole lines of a stream, as UTF-8. LIMIT_EXCEEDED beyond the bounds; a cut last line is dropped. */
export async function* readLines(stream: Readable, bounds: LineBounds): AsyncGenerator<string> {
  let bytes = 0;
  let pieces: Uint8Array[] = [];
  let pending = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new ConnectionFailure('INTERNAL_ERROR');
    bytes += chunk.length;
    pending += chunk.length;
    if (bytes > bounds.maxBytes || pending > bounds.maxLineBytes + chunk.length) {
      throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      pieces.push(chunk.subarray(from, at));
      yield Buffer.concat(pieces).toString('utf8');
      pieces = [];
      from = at + 1;
      pending = chunk.length - from;
    }
    pieces.push(chunk.subarray(from));
  }
}
