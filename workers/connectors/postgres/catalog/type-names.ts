import { ConnectionFailure } from '../../connector.ts';
import type { PostgresSession } from '../session.ts';
import type { Row, RowCursor } from '../gate/row-cursor.ts';
import { typeNamesStatement } from './statements.ts';

// A type with its modifier; even a database of a million columns has a few hundred.
const maxKnown = 100_000;
const maxPerRequest = 5_000;

/** The names of column types as the database writes them, each asked for once. */
export class TypeNames {
  readonly #session: PostgresSession;
  readonly #timeoutMs: number;
  /** By type and modifier. */
  readonly #names = new Map<number, Map<number, string>>();
  #known = 0;

  constructor(session: PostgresSession, timeoutMs: number) {
    this.#session = session;
    this.#timeoutMs = timeoutMs;
  }

  /** Learns the types that rows of columns mention. Must come before `nameOf` for any of them. */
  async learn(columns: RowCursor): Promise<void> {
    const unknown = new Set<string>();
    while (columns.next()) {
      const type = checked(columns.number(3));
      const modifier = checked(columns.number(4));
      if (!this.#names.get(type)?.has(modifier)) unknown.add(`${type},${modifier}`);
    }
    this.#known += unknown.size;
    if (this.#known > maxKnown) throw new ConnectionFailure('LIMIT_EXCEEDED');
    const wanted = [...unknown];
    for (let first = 0; first < wanted.length; first += maxPerRequest) {
      await this.#ask(wanted.slice(first, first + maxPerRequest));
    }
  }

  nameOf(column: Row): string {
    const name = this.#names.get(Number(column[3]))?.get(Number(column[4]));
    if (name === undefined) throw new ConnectionFailure('PROTOCOL_ERROR');
    return name;
  }

  async #ask(types: readonly string[]): Promise<void> {
    const { rows } = await this.#session.query(typeNamesStatement(types), {
      rows: types.length,
      timeoutMs: this.#timeoutMs,
    });
    for (const [id, modifier, name] of rows) {
      const type = Number(id);
      const names = this.#names.get(type) ?? new Map<number, string>();
      this.#names.set(type, names.set(Number(modifier), name ?? '???'));
    }
  }
}

/** The server's word that they are numbers, which go into a statement, is not enough. */
function checked(number: number): number {
  if (!Number.isInteger(number) || Math.abs(number) >= 2 ** 32) {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  return number;
}
