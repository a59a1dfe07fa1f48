import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { withDeadline } from '../deadline.ts';
import { toHttpFailure } from './failures.ts';

/**
 * The time that one request may spend waiting. What its reader takes for itself does not count, so
 * that a slow consumer of a long answer is not mistaken for a slow server.
 */
export class WaitBudget {
  readonly #signal: AbortSignal;
  #leftMs: number;

  constructor(timeoutMs: number, signal: AbortSignal) {
    this.#leftMs = timeoutMs;
    this.#signal = signal;
  }

  /** Waits for `work` at most `mostMs`, and no longer than the budget lasts. */
  async wait<T>(work: Promise<T>, mostMs: number, giveUp: () => void): Promise<T> {
    const startedAt = performance.now();
    const timeoutMs = Math.max(Math.min(mostMs, this.#leftMs), 1);
    try {
      return await withDeadline(work, { timeoutMs, signal: this.#signal }, giveUp);
    } finally {
      this.#leftMs -= performance.now() - startedAt;
    }
  }
}

export interface BodyLimits {
  /** On the wire and unpacked, each. */
  readonly maxBytes: number;
  /** What the answer's header says of its length: refused before any of it is waited for. */
  readonly promisedBytes: number;
  readonly chunkMs: number;
  readonly budget: WaitBudget;
  /** Cuts the connection. */
  readonly abort: () => void;
}

/**
 * The pieces of a body, unpacked. Ends with LIMIT_EXCEEDED, TIMEOUT, CONNECTION_LOST or
 * PROTOCOL_ERROR, and cuts the connection then; so does a reader who stops early.
 */
export async function* readBody(
  body: Readable,
  encoding: string,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const stream = unpacked(body, encoding, limits.maxBytes);
  const pieces: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  let bytes = 0;
  let complete = false;
  try {
    if (limits.promisedBytes > limits.maxBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
    for (;;) {
      const next = await limits.budget.wait(pieces.next(), limits.chunkMs, limits.abort);
      if (next.done) break;
      if (!(next.value instanceof Uint8Array)) throw new ConnectionFailure('INTERNAL_ERROR');
      bytes += next.value.length;
      if (bytes > limits.maxBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
      yield next.value;
    }
    complete = true;
    // undici gives the connection back a turn later; without it the next request would open another.
    await setImmediate();
  } catch (error) {
    throw toHttpFailure(error);
  } finally {
    if (!complete) {
      limits.abort();
      body.destroy();
      stream.destroy();
    }
  }
}

function unpacked(body: Readable, encoding: string, maxBytes: number): Readable {
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') {
    body.destroy();
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  let packedBytes = 0;
  body.on('data', (chunk: Uint8Array) => {
    packedBytes += chunk.length;
    if (packedBytes > maxBytes) body.destroy(new ConnectionFailure('LIMIT_EXCEEDED'));
  });
  return pipeline(body, createGunzip(), () => undefined);
}
