import type { Holding } from '../memory/holding.ts';
import { costOfRow } from '../memory/costs.ts';
import { ConnectionFailure } from './connector.ts';

/** One row as a server wrote it: text, or null. The first two fields name its schema and table. */
export type Row = readonly (string | null)[];

export interface OrderedRowsOptions {
  /** How the server ordered schema and table; by UTF-16 code units without it. */
  readonly compare?: (a: string, b: string) => number;
  /** Rows of one table, and their characters together. LIMIT_EXCEEDED beyond. */
  readonly maxRows: number;
  readonly maxCharacters: number;
  /** Told of the rows of a table that `take` has given last. */
  readonly memory?: Holding | undefined;
}

/** Rows in a row of tables that are not on the list: those of a thousand that were just made. */
const maxPassedRows = 250_000;

/** Less of a table is not worth telling of. */
const toldBytes = 256 * 1024;

/**
 * A stream of rows ordered by schema and table, so that several of them can be merged in our process
 * with a page of each in memory. A server that does not keep the order ends in PROTOCOL_ERROR.
 */
export class OrderedRows {
  readonly #pages: AsyncIterator<readonly Row[]>;
  readonly #options: OrderedRowsOptions & Pick<Required<OrderedRowsOptions>, 'compare'>;
  #page: readonly Row[] = [];
  #at = 0;
  /** Read ahead, so that streams begin together and the server works while we do. */
  #next: Promise<IteratorResult<readonly Row[]>> | null;
  #last: readonly [string, string] | null = null;

  constructor(pages: AsyncIterable<readonly Row[]>, options: OrderedRowsOptions) {
    this.#pages = pages[Symbol.asyncIterator]();
    this.#options = { compare: byCodeUnit, ...options };
    this.#next = this.#fetch();
  }

  /** The next row, whose table comes after that of the row before it; null at the end. */
  async next(): Promise<Row | null> {
    const row = await this.#peek();
    if (!row) return null;
    const key = keyOf(row);
    if (this.#last && this.#compare(key, this.#last) <= 0) refuse();
    this.#last = key;
    this.#at += 1;
    return row;
  }

  /** The rows of one table, for tables in their order; rows of tables before it are dropped. */
  async take(schema: string, table: string): Promise<Row[]> {
    const wanted = [schema, table] as const;
    const rows: Row[] = [];
    let characters = 0;
    let passed = 0;
    let [cost, told] = [0, 0];
    this.#options.memory?.set(this, 0);
    for (;;) {
      const row = await this.#peek();
      if (!row) return rows;
      const key = keyOf(row);
      if (this.#last && this.#compare(key, this.#last) < 0) refuse();
      const order = this.#compare(key, wanted);
      if (order > 0) return rows;
      this.#last = key;
      this.#at += 1;
      if (order < 0) {
        passed += 1;
        if (passed > maxPassedRows) throw new ConnectionFailure('LIMIT_EXCEEDED');
        continue;
      }
      rows.push(row);
      const size = charactersOf(row);
      characters += size;
      cost += costOfRow(row.length, size);
      const { maxRows, maxCharacters, memory } = this.#options;
      if (cost - told > toldBytes) {
        told = cost;
        memory?.set(this, cost);
      }
      if (rows.length > maxRows || characters > maxCharacters) {
        throw new ConnectionFailure('LIMIT_EXCEEDED');
      }
    }
  }

  /** Reads what is left and forgets it, so that the server finishes in peace. */
  async drain(): Promise<void> {
    while (await this.#peek()) this.#at = this.#page.length;
  }

  /** Ends the stream, wherever it is, without waiting for a server that may not answer. */
  close(): void {
    this.#next = null;
    this.#page = [];
    this.#pages.return?.().catch(() => undefined);
  }

  async #peek(): Promise<Row | undefined> {
    while (this.#at >= this.#page.length && this.#next) {
      const next = await this.#next;
      this.#page = next.done ? [] : next.value;
      this.#at = 0;
      this.#next = next.done ? null : this.#fetch();
    }
    return this.#page[this.#at];
  }

  #fetch(): Promise<IteratorResult<readonly Row[]>> {
    const next = this.#pages.next();
    // Nobody may be waiting for it when the read ends early.
    next.catch(() => undefined);
    return next;
  }

  #compare(a: readonly [string, string], b: readonly [string, string]): number {
    const { compare } = this.#options;
    return compare(a[0], b[0]) || compare(a[1], b[1]);
  }
}

/** Order of code units, which is that of bytes where each character stands for a byte. */
function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Order of the UTF-8 bytes, which engines with binary collation sort by. */
export function byUtf8(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function keyOf(row: Row): readonly [string, string] {
  const [schema, table] = row;
  return typeof schema === 'string' && typeof table === 'string' ? [schema, table] : refuse();
}

/** Of all its fields together. */
export function charactersOf(row: Row): number {
  return row.reduce((sum, field) => sum + (field?.length ?? 0), 0);
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
