import { createHash } from 'node:crypto';
import type pg from 'pg';

/** How often a text is sent before it is prepared: as pgjdbc has it (`prepareThreshold`). */
const threshold = 5;
/** Texts that are counted, and of these the ones that are prepared: a session keeps each in memory. */
const maxCounted = 2_000;
const maxPrepared = 250;
const maxLength = 10_000;

const uses = new Map<string, number>();
const names = new Map<string, string>();

/**
 * Has PostgreSQL parse and plan the statements that a process sends over and over once for each
 * session, not every time. What is prepared is what has parameters and names its columns: `*` would
 * fail in a session that lives on while a migration adds one.
 */
export function prepareOften(pool: pg.Pool): void {
  pool.on('connect', (client: pg.PoolClient) => {
    const { query } = client;
    const value = (...args: unknown[]): unknown => Reflect.apply(query, client, prepared(args));
    Object.defineProperty(client, 'query', { value });
  });
}

/** What `query` of a client is called with: a name is what makes pg prepare a statement. */
function prepared(args: unknown[]): unknown[] {
  const [text, values, ...rest] = args;
  if (typeof text !== 'string' || !Array.isArray(values)) return args;
  if (values.length === 0 || rest.length > 0) return args;
  const name = names.get(text) ?? nameFor(text);
  return name === null ? args : [{ name, text, values }];
}

function nameFor(text: string): string | null {
  if (names.size >= maxPrepared || text.length > maxLength) return null;
  const used = (uses.get(text) ?? 0) + 1;
  if (used < threshold || namesAll.test(text)) {
    if (uses.size < maxCounted || uses.has(text)) uses.set(text, used);
    return null;
  }
  uses.delete(text);
  const name = `s_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  names.set(text, name);
  return name;
}

const namesAll = /(?:\bselect|\breturning|,|\.)\s*\*/i;
