import { ConnectionFailure } from '../../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import type { PostgresSession } from '../session.ts';

/** How much of a catalog a session has read, which has limits. */
export class CatalogSizes {
  readonly #session: PostgresSession;
  readonly #limits: CatalogLimits;
  #tables = 0;
  #columns = 0;

  constructor(session: PostgresSession, limits: CatalogLimits) {
    this.#session = session;
    this.#limits = limits;
  }

  /** Another table, of so many columns. Throws LIMIT_EXCEEDED. */
  add(columns: number): void {
    this.#tables += 1;
    this.#columns += columns;
    const { maxTables, maxColumns, maxBytes } = this.#limits;
    const isWithin = this.#tables <= maxTables && this.#columns <= maxColumns;
    if (!isWithin || this.#session.receivedBytes > maxBytes)
      throw new ConnectionFailure('LIMIT_EXCEEDED');
  }
}
