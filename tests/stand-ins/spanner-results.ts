type Value = string | boolean | null;
type Row = readonly Value[];

/** A table with the rows of the information schema that belong to it, without its schema and name. */
export interface SpannerTable {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  /** Name, type, nullability, default, generation, its expression and storage, identity and its kind. */
  readonly columns: readonly Row[];
  /** Name, type, column, referenced schema, table and column, update and delete rule. */
  readonly keys: readonly Row[];
  readonly checks: readonly Row[];
  /** Name, type, uniqueness, NULL filter, column, position, order. */
  readonly indexes: readonly Row[];
}

interface Database {
  readonly tables: readonly SpannerTable[];
  readonly dialect: string;
}

/** What a statement of ours selects; null for one that is not known. */
export function rowsOf({ tables, dialect }: Database, sql: string): Row[] | null {
  const relation = /from information_schema\.(\w+)/.exec(sql)?.[1] ?? '';
  const limit = Number(/ limit (\d+)$/.exec(sql)?.[1] ?? Infinity);
  if (relation === 'database_options') return [[dialect]];
  const partsOf = relations[relation];
  if (!partsOf) return null;
  return tables
    .toSorted((a, b) => byBytes(a.schema, b.schema) || byBytes(a.name, b.name))
    .flatMap((table) => partsOf(table).map((part) => [table.schema, table.name, ...part]))
    .slice(0, limit);
}

const relations: {
  readonly [relation: string]: ((table: SpannerTable) => readonly Row[]) | undefined;
} = {
  tables: ({ type }) => [[type]],
  columns: ({ columns }) => columns,
  key_column_usage: ({ keys }) => keys,
  check_constraints: ({ checks }) => checks,
  indexes: ({ indexes }) => indexes,
};

/** As Spanner compares strings. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const valuesPerPart = 997;

/**
 * A result as executeStreamingSql sends it: PartialResultSets in an array, of which only the first says
 * what the fields are. They end amid rows, and where the last value is a text, amid it.
 */
export function inParts(rows: readonly Row[]): object[] {
  const values = rows.flat();
  const fields = (rows[0] ?? []).map((value, n) => ({
    name: `c${n}`,
    type: { code: typeof value === 'boolean' ? 'BOOL' : 'STRING' },
  }));
  const parts: object[] = [];
  let begun: Value[] = [];
  for (let from = 0; from === 0 || from < values.length; from += valuesPerPart) {
    const own = [...begun, ...values.slice(from, from + valuesPerPart)];
    const last = own.at(-1);
    const isLast = from + valuesPerPart >= values.length;
    const chunkedValue = !isLast && typeof last === 'string' && last.length > 1;
    begun = [];
    if (chunkedValue) {
      const at = Math.floor(last.length / 2);
      own[own.length - 1] = last.slice(0, at);
      begun = [last.slice(at)];
    }
    parts.push({
      ...(from === 0 && rows.length > 0 ? { metadata: { rowType: { fields } } } : {}),
      ...(own.length > 0 ? { values: own } : {}),
      ...(chunkedValue ? { chunkedValue } : {}),
      resumeToken: Buffer.from(`${from}`).toString('base64'),
    });
  }
  return parts;
}
