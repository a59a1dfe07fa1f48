import { ConnectionFailure } from '../connector.ts';
import type { PostgresSession } from './session.ts';
import type { Row } from './simple-query.ts';

// Large enough to hide the round trip, small enough to stay in the processor's cache.
const pageBytes = 256 * 1024;
const firstPageRows = 500;
const maxPageRows = 5_000;

/** Called with each page before any of its rows is handed out. */
export type PageHook = (rows: readonly Row[]) => Promise<void>;

/**
 * A server-side cursor whose rows are ordered by table oid, their first field. Reads one page ahead,
 * so that the server works while we do, and sizes its pages by the bytes that rows have had so far.
 */
export class OrderedStream {
  readonly #session: PostgresSession;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #onPage: PageHook | undefined;
  #pageRows = firstPageRows;
  #page: Row[] = [];
  #at = 0;
  #next: Promise<Row[]> | null;

  /** `name` is a cursor that the session's transaction has declared. */
  constructor(session: PostgresSession, name: string, timeoutMs: number, onPage?: PageHook) {
    this.#session = session;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#onPage = onPage;
    this.#next = this.#fetch();
  }

  /** The next row, or null at the end. */
  async next(): Promise<Row | null> {
    if (!this.#loaded()) await this.#turn();
    return this.#page[this.#at++] ?? null;
  }

  /**
   * The rows of one table, for oids that only grow; rows of smaller oids are dropped.
   * `onTurn` is called for each page that has to be loaded, and may throw.
   * Throws LIMIT_EXCEEDED beyond `max` rows.
   */
  async takeTable(oid: number, max: number, onTurn: () => void): Promise<Row[]> {
    const rows: Row[] = [];
    for (;;) {
      while (this.#loaded()) {
        const row = this.#page[this.#at];
        const relation = Number(row?.[0]);
        if (row === undefined || relation > oid) return rows;
        this.#at += 1;
        if (relation === oid) rows.push(row);
        // Also true for what is not a number: a server that does not keep the order ends here.
        else if (!(relation < oid)) throw new ConnectionFailure('PROTOCOL_ERROR');
        if (rows.length > max) throw new ConnectionFailure('LIMIT_EXCEEDED');
      }
      if (!this.#next) return rows;
      await this.#turn();
      onTurn();
    }
  }

  #loaded(): boolean {
    return this.#at < this.#page.length;
  }

  async #turn(): Promise<void> {
    const page = await this.#next;
    this.#page = page ?? [];
    this.#at = 0;
    this.#next = page && page.length > 0 ? this.#fetch() : null;
  }

  #fetch(): Promise<Row[]> {
    const page = this.#fetchPage();
    // Read ahead: nobody may be waiting for it when the read ends early.
    page.catch(() => undefined);
    return page;
  }

  async #fetchPage(): Promise<Row[]> {
    const asked = this.#pageRows;
    const { rows, bytes } = await this.#session.query(`fetch forward ${asked} from ${this.#name}`, {
      rows: asked,
      timeoutMs: this.#timeoutMs,
    });
    if (rows.length === 0) return rows;
    const rowBytes = bytes / rows.length;
    this.#pageRows = Math.max(1, Math.min(maxPageRows, Math.floor(pageBytes / rowBytes)));
    await this.#onPage?.(rows);
    return rows;
  }
}
