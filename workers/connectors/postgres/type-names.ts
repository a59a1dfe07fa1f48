import { ConnectionFailure } from '../connector.ts';
import type { PostgresSession } from './session.ts';
import type { Row } from './simple-query.ts';
import { typeNamesStatement } from './statements.ts';

// A type with its modifier; even a database of a million columns has a few hundred.
const maxKnown = 100_000;
const maxPerRequest = 5_000;

/** The names of column types as the database writes them, each asked for once. */
export class TypeNames {
  readonly #session: PostgresSession;
  readonly #timeoutMs: number;
  readonly #names = new Map<string, string>();

  constructor(session: PostgresSession, timeoutMs: number) {
    this.#session = session;
    this.#timeoutMs = timeoutMs;
  }

  /** Learns the types that `columns` mention. Must come before `nameOf` for any of them. */
  async learn(columns: readonly Row[]): Promise<void> {
    const unknown = new Set<string>();
    for (const column of columns) {
      const key = typeKey(column);
      if (!this.#names.has(key)) unknown.add(checked(key));
    }
    if (this.#names.size + unknown.size > maxKnown) throw new ConnectionFailure('LIMIT_EXCEEDED');
    const wanted = [...unknown];
    for (let first = 0; first < wanted.length; first += maxPerRequest) {
      await this.#ask(wanted.slice(first, first + maxPerRequest));
    }
  }

  nameOf(column: Row): string {
    const name = this.#names.get(typeKey(column));
    if (name === undefined) throw new ConnectionFailure('PROTOCOL_ERROR');
    return name;
  }

  async #ask(keys: readonly string[]): Promise<void> {
    const { rows } = await this.#session.query(typeNamesStatement(keys), {
      rows: keys.length,
      timeoutMs: this.#timeoutMs,
    });
    for (const [id, modifier, name] of rows) this.#names.set(`${id},${modifier}`, name ?? '???');
  }
}

/** `type,modifier` of a row of the columns statement. */
function typeKey(column: Row): string {
  return `${column[3]},${column[4]}`;
}

/** The server's word that they are numbers, which go into a statement, is not enough. */
function checked(key: string): string {
  if (!/^\d{1,10},-?\d{1,10}$/.test(key)) throw new ConnectionFailure('PROTOCOL_ERROR');
  return key;
}
