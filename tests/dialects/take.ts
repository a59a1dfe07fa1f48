import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** The next bytes, exactly so many. Throws when the stream ends before. */
export async function take(stream: Readable, bytes: number): Promise<Buffer> {
  for (;;) {
    const taken: unknown = stream.read(bytes);
    if (Buffer.isBuffer(taken) && taken.length === bytes) return taken;
    if (taken !== null || stream.readableEnded || stream.destroyed) throw new Error('It ended');
    const waiting = new AbortController();
    const { signal } = waiting;
    await Promise.race([once(stream, 'readable', { signal }), once(stream, 'close', { signal })]);
    waiting.abort();
  }
}
