import { ConnectionFailure } from '../../connector.ts';

/**
 * A part of a catalog that is read at once: whole schemas, or of one schema the tables from one name
 * on, below another. Together portions leave no gap, so a table made meanwhile is in exactly one.
 */
export interface Portion {
  readonly schemas: readonly string[];
  readonly from: string | null;
  readonly below: string | null;
  /** A single table instead of a range, for a proof: MariaDB looks it up directly. */
  readonly only?: string;
}

export interface SchemaSize {
  readonly schema: string;
  readonly tables: number;
}

/**
 * Groups small schemas, each whole, up to `most` tables in a group; a larger schema is alone.
 * Vitess answers for one schema at a time: `grouping` false.
 */
export function groupSchemas(
  sizes: readonly SchemaSize[],
  most: number,
  grouping: boolean,
): SchemaSize[][] {
  const groups: SchemaSize[][] = [];
  let room = 0;
  for (const size of sizes) {
    const last = groups.at(-1);
    if (grouping && last && size.tables <= room) last.push(size);
    else {
      groups.push([size]);
      room = most;
    }
    room -= size.tables;
  }
  return groups;
}

/** The portions between the given names, which are in the order of their bytes. */
export function portionsBetween(schema: string, names: readonly string[]): Portion[] {
  return [null, ...names].map((from, n) => ({
    schemas: [schema],
    from,
    below: names[n] ?? null,
  }));
}

/**
 * A portion in two, around the middle of its tables. Throws LIMIT_EXCEEDED for a single table, which
 * cannot be cut.
 */
export function halve(portion: Portion, tables: readonly (readonly [string, string])[]): Portion[] {
  if (portion.schemas.length > 1) {
    const middle = Math.ceil(portion.schemas.length / 2);
    const part = (schemas: readonly string[]): Portion => ({ ...portion, schemas });
    return [part(portion.schemas.slice(0, middle)), part(portion.schemas.slice(middle))];
  }
  const names = tables
    .map(([, name]) => name)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const middle = names[Math.ceil(names.length / 2)];
  if (names.length < 2 || middle === undefined) throw new ConnectionFailure('LIMIT_EXCEEDED');
  return [
    { ...portion, below: middle },
    { ...portion, from: middle },
  ];
}
