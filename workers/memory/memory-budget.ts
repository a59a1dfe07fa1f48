import { ConnectionFailure } from '../connectors/connector.ts';
import { Share } from './share.ts';

const MiB = 1024 * 1024;

/**
 * What all jobs of a worker of the usual concurrency may hold together: with what Node and the worker
 * itself take, and with the garbage that V8 lets lie, the process stays below 512 MB.
 */
const usualBytes = 128 * MiB;
/** What a sync of a large catalog holds, twelve pages and a batch, so that one never ends another. */
const bytesPerSync = 24 * MiB;

/** The budget of a worker that does so many jobs of a kind at a time: `WORKER_CONCURRENCY`. */
export function budgetFor(concurrency: number): MemoryBudget {
  return new MemoryBudget(Math.max(usualBytes, bytesPerSync * (concurrency + 1)));
}

/**
 * The memory of one worker, which its jobs share. A job takes what it needs; when there is no more, the
 * one that holds the most has to go. So a flood ends itself, and the small jobs beside it never notice.
 */
export class MemoryBudget {
  readonly #maxBytes: number;
  readonly #shares = new Set<Share>();
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Does a job with a share of its own, which is given back when the job is over. */
  async share<Result>(work: (share: Share) => Promise<Result>): Promise<Result> {
    const share = new Share((more) => this.#count(more));
    this.#shares.add(share);
    try {
      return await work(share);
    } finally {
      this.#shares.delete(share);
      share.close();
    }
  }

  #count(more: number): void {
    this.#heldBytes += more;
    while (this.#heldBytes > this.#maxBytes && this.#shares.size > 0) {
      const largest = [...this.#shares].reduce((a, b) => (b.heldBytes > a.heldBytes ? b : a));
      this.#shares.delete(largest);
      // Who takes most of it alone is too large for this worker, whatever else it does.
      const isTooLarge = largest.heldBytes > this.#maxBytes / 2;
      largest.evict(new ConnectionFailure(isTooLarge ? 'LIMIT_EXCEEDED' : 'WORKER_BUSY'));
    }
  }
}
