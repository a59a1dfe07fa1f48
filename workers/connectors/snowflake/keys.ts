import { ConnectionFailure } from '../connector.ts';
import type { CatalogLimits } from '../limits.ts';
import type { Row } from '../ordered-rows.ts';
import { quoted } from './identifier.ts';
import type { SnowflakeSession } from './session.ts';
import { type KeyKind, keysStatement } from './statements.ts';

/** Rows of SHOW by table, keyed as `keyOf` makes it; null when SHOW has stopped at its limit. */
type Found = ReadonlyMap<string, readonly Row[]> | null;

const keyOf = (schema: string, table: string): string => JSON.stringify([schema, table]);

interface KeysOptions {
  readonly database: string;
  readonly limits: CatalogLimits;
  /** Where SHOW stops. */
  readonly showRows: number;
}

/**
 * The keys of one kind in a database. SHOW stops at 10,000 rows, so what is said of the whole
 * database is believed below that only; otherwise each schema is asked, and in one that has too many
 * each table. What is held at a time has 10,000 rows at most, of names.
 */
export class Keys {
  readonly #session: SnowflakeSession;
  readonly #kind: KeyKind;
  readonly #options: KeysOptions;
  #whole: Promise<Found> | null = null;
  #schema: { readonly name: string; readonly found: Promise<Found> } | null = null;

  constructor(session: SnowflakeSession, kind: KeyKind, options: KeysOptions) {
    this.#session = session;
    this.#kind = kind;
    this.#options = options;
  }

  /** The rows of one table. Tables are best asked for schema by schema. */
  async of(schema: string, table: string): Promise<readonly Row[]> {
    const { database } = this.#options;
    this.#whole ??= this.#show('database', quoted(database));
    const key = keyOf(schema, table);
    const whole = await this.#whole;
    if (whole) return whole.get(key) ?? [];
    if (this.#schema?.name !== schema) {
      const found = this.#show('schema', quoted(database, schema));
      this.#schema = { name: schema, found };
    }
    const inSchema = await this.#schema.found;
    if (inSchema) return inSchema.get(key) ?? [];
    const own = await this.#show('table', quoted(database, schema, table));
    if (!own) throw new ConnectionFailure('LIMIT_EXCEEDED');
    return own.get(key) ?? [];
  }

  async #show(within: 'database' | 'schema' | 'table', name: string): Promise<Found> {
    const { limits, showRows } = this.#options;
    const rows: Row[] = [];
    let characters = 0;
    for await (const page of this.#session.rows(keysStatement(this.#kind, within, name))) {
      for (const row of page) {
        characters += row.reduce((sum, field) => sum + (field?.length ?? 0), 0);
        rows.push(row);
      }
      if (rows.length >= showRows) return null;
      if (characters > limits.maxTableBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
    return Map.groupBy(rows, ([schema, table]) => keyOf(schema ?? '', table ?? ''));
  }
}
