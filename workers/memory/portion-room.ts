import { costOfRow } from './costs.ts';
import type { Holding } from './holding.ts';
import { charactersOf, type Row } from '../connectors/ordered-rows.ts';

/** A session whose rows are kept until a portion is complete. */
interface Received {
  /** All bytes that the server has sent so far. */
  readonly receivedBytes: number;
}

/** The room that a portion of a catalog has, on the wire and in memory. */
export class PortionRoom {
  readonly #session: Received;
  readonly #memory: Holding | undefined;
  readonly #place: object;
  readonly #startedAt: number;
  #cost = 0;

  /** Begins with what comes next. In one `place` there is one portion at a time, the last one. */
  constructor(session: Received, memory: Holding | undefined, place: object) {
    this.#session = session;
    this.#memory = memory;
    this.#place = place;
    this.#startedAt = session.receivedBytes;
    memory?.set(place, 0);
  }

  /** Whether what has come so far fits into so many bytes. */
  fits(maxBytes: number): boolean {
    return this.#session.receivedBytes - this.#startedAt <= maxBytes;
  }

  /** The same for a row that is kept if it fits. */
  fitsRow(row: Row, maxBytes: number): boolean {
    if (!this.fits(maxBytes)) return false;
    this.#cost += costOfRow(row.length, charactersOf(row));
    this.#memory?.set(this.#place, this.#cost);
    return true;
  }
}
