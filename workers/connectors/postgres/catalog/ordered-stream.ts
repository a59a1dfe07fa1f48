import { ConnectionFailure } from '../../connector.ts';
import { type Row, RowCursor, type RowStretch } from '../gate/row-cursor.ts';
import type { PostgresSession } from '../session.ts';

// Large enough to hide the round trip, small enough to stay in the processor's cache.
const pageBytes = 256 * 1024;
const firstPageRows = 500;
const maxPageRows = 5_000;
/** How many pages are on their way while one is worked through. */
const pagesAhead = 2;

/** Called for each page, with a cursor of its own, before any row of it is handed out. */
export type PageHook = (rows: RowCursor) => Promise<void>;

/**
 * A server-side cursor whose rows are ordered by table oid, their first field. Reads ahead, so that
 * the server works while we do, and sizes its pages by the bytes that rows have had so far.
 */
export class OrderedStream {
  readonly #session: PostgresSession;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #onPage: PageHook | undefined;
  #pageRows = firstPageRows;
  #page = new RowCursor([]);
  /** The table that the row under the cursor is of; null when the page is used up. */
  #relation: number | null = null;
  /** A page had fewer rows than were asked for: what FETCH answers at the end. */
  #isOver = false;
  /** The pages that were asked for, in their order. Those after the last one are empty. */
  readonly #ahead: Promise<readonly RowStretch[]>[] = [];

  /** `name` is a cursor that the session's transaction has declared. */
  constructor(session: PostgresSession, name: string, timeoutMs: number, onPage?: PageHook) {
    this.#session = session;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#onPage = onPage;
    this.#ahead.push(this.#fetch());
  }

  /** Whether the last page has come; it may not have been worked through. */
  get isAllSent(): boolean {
    return this.#isOver;
  }

  /** The next row, or null at the end. */
  async next(): Promise<Row | null> {
    if (this.#relation === null) await this.#turn();
    return this.#relation === null ? null : this.#take();
  }

  /**
   * The rows of one table, for oids that only grow; rows of smaller oids are dropped.
   * `onTurn` is called for each page that has to be loaded, and may throw.
   * Throws LIMIT_EXCEEDED beyond `max` rows.
   */
  takeTable(
    oid: number,
    max: number,
    onTurn: () => void,
  ): Promise<readonly Row[]> | readonly Row[] {
    const rows: Row[] = [];
    this.#takeLoaded(rows, oid, max);
    // Nearly always the page has them all.
    return this.#relation !== null || this.#ahead.length === 0
      ? rows
      : this.#takeOn(rows, oid, max, onTurn);
  }

  async #takeOn(rows: Row[], oid: number, max: number, onTurn: () => void): Promise<Row[]> {
    while (this.#relation === null && this.#ahead.length > 0) {
      await this.#turn();
      onTurn();
      this.#takeLoaded(rows, oid, max);
    }
    return rows;
  }

  /** Adds the rows of a table that the page has from here on. */
  #takeLoaded(rows: Row[], oid: number, max: number): void {
    while (this.#relation !== null && this.#relation < oid) this.#step();
    while (this.#relation === oid) {
      rows.push(this.#take());
      if (rows.length > max) throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
  }

  #take(): Row {
    const row = this.#page.row();
    this.#step();
    return row;
  }

  #step(): void {
    this.#relation = this.#page.next() ? this.#page.number(0) : null;
    // A server that sends something else for an oid has no order that could be relied on.
    if (Number.isNaN(this.#relation)) throw new ConnectionFailure('PROTOCOL_ERROR');
  }

  async #turn(): Promise<void> {
    const stretches = (await this.#ahead.shift()) ?? [];
    this.#page = new RowCursor(stretches);
    while (!this.#isOver && this.#ahead.length < pagesAhead) this.#ahead.push(this.#fetch());
    this.#step();
  }

  #fetch(): Promise<readonly RowStretch[]> {
    const page = this.#fetchPage();
    // Read ahead: nobody may be waiting for it when the read ends early.
    page.catch(() => undefined);
    return page;
  }

  async #fetchPage(): Promise<readonly RowStretch[]> {
    const asked = this.#pageRows;
    const statement = `fetch forward ${asked} from ${this.#name}`;
    const ask = { rows: asked, timeoutMs: this.#timeoutMs };
    const { stretches, bytes } = await this.#session.fetch(statement, ask);
    const rows = stretches.reduce((sum, { starts }) => sum + starts.length, 0);
    this.#isOver ||= rows < asked;
    if (rows === 0) return stretches;
    this.#pageRows = Math.max(1, Math.min(maxPageRows, Math.floor((pageBytes * rows) / bytes)));
    await this.#onPage?.(new RowCursor(stretches));
    return stretches;
  }
}
