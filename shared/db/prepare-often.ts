import { createHash } from 'node:crypto';
import type pg from 'pg';

/** How often a text is sent before it is prepared: as pgjdbc has it (`prepareThreshold`). */
const threshold = 5;
const maxLength = 10_000;

/** How many texts are counted at a time, and how many are prepared: each session keeps these in memory. */
const usual = { counted: 500, prepared: 250 };

/**
 * Has PostgreSQL parse and plan the statements that a pool sends over and over once for each session,
 * not every time. What is prepared is what has parameters and names its columns: `*` would fail in a
 * session that lives on while a migration adds one.
 */
export function prepareOften(pool: pg.Pool, limits = usual): void {
  const frequent = new FrequentTexts(limits);
  pool.on('connect', (client: pg.PoolClient) => {
    const { query } = client;
    const value = (...args: unknown[]): unknown =>
      Reflect.apply(query, client, prepared(args, frequent));
    Object.defineProperty(client, 'query', { value });
  });
}

/** What `query` of a client is called with: a name is what makes pg prepare a statement. */
function prepared(args: unknown[], frequent: FrequentTexts): unknown[] {
  const [text, values, ...rest] = args;
  if (typeof text !== 'string' || !Array.isArray(values)) return args;
  if (values.length === 0 || rest.length > 0) return args;
  const name = frequent.nameOf(text);
  return name === null ? args : [{ name, text, values }];
}

/**
 * The texts that came often enough, each with its name for good. Of the others the latest are counted,
 * so that texts which come once keep no other from becoming frequent.
 */
class FrequentTexts {
  readonly #limits: typeof usual;
  readonly #names = new Map<string, string>();
  /** How often each came, the one that came longest ago first. */
  readonly #uses = new Map<string, number>();

  constructor(limits: typeof usual) {
    this.#limits = limits;
  }

  nameOf(text: string): string | null {
    return this.#names.get(text) ?? this.#count(text);
  }

  #count(text: string): string | null {
    if (this.#names.size >= this.#limits.prepared || text.length > maxLength) return null;
    // What may not be prepared never comes to the threshold, and is looked into once.
    const used = (this.#uses.get(text) ?? (namesAll.test(text) ? -Infinity : 0)) + 1;
    this.#uses.delete(text);
    if (used >= threshold) return this.#give(text);
    this.#uses.set(text, used);
    if (this.#uses.size > this.#limits.counted) this.#forgetOldest();
    return null;
  }

  #give(text: string): string {
    const name = `s_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    this.#names.set(text, name);
    // Nothing is going to be counted any more.
    if (this.#names.size >= this.#limits.prepared) this.#uses.clear();
    return name;
  }

  #forgetOldest(): void {
    for (const oldest of this.#uses.keys()) return void this.#uses.delete(oldest);
  }
}

const namesAll = /(?:\bselect|\breturning|,|\.)\s*\*/i;
