import type { ConnectionFailure } from '../connectors/connector.ts';
import type { Holding } from './holding.ts';

/** What one job holds of the worker's memory. */
export class Share implements Holding {
  readonly #parts = new Map<object, number>();
  readonly #count: (more: number) => void;
  readonly #evicted = new AbortController();
  #heldBytes = 0;
  #isOver = false;
  #failure: ConnectionFailure | null = null;

  /** `count` is told of every byte that comes and goes, and may evict this very share. */
  constructor(count: (more: number) => void) {
    this.#count = count;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Why the job had to go; null while it may stay. */
  get failure(): ConnectionFailure | null {
    return this.#failure;
  }

  /** Aborts, with the failure as its reason, when the job has to go. */
  get signal(): AbortSignal {
    return this.#evicted.signal;
  }

  set(what: object, bytes: number): void {
    // Who has gone keeps nothing: what still comes is about its last words, such as a cancellation.
    if (this.#isOver) return;
    const more = bytes - (this.#parts.get(what) ?? 0);
    if (more === 0) return;
    if (bytes > 0) this.#parts.set(what, bytes);
    else this.#parts.delete(what);
    this.#heldBytes += more;
    this.#count(more);
    if (this.#failure) throw this.#failure;
  }

  evict(failure: ConnectionFailure): void {
    this.#failure = failure;
    this.close();
    this.#evicted.abort(failure);
  }

  /** Gives everything back. */
  close(): void {
    this.#isOver = true;
    const given = this.#heldBytes;
    this.#parts.clear();
    this.#heldBytes = 0;
    this.#count(-given);
  }
}
