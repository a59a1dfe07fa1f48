import { expect } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import type { CatalogState, UnchangedTable } from '../../workers/connectors/connector.ts';
import { catalogOf } from '../catalog/sync-once.ts';

/** A catalog as it was read, and the state that it was read in. */
export interface Read {
  readonly tables: ReadonlyMap<string, CatalogTable>;
  readonly state: CatalogState | null;
  /** Tables that were not read. */
  readonly left: readonly UnchangedTable[];
}

const nameOf = ({ schema, name }: { schema: string; name: string }): string =>
  JSON.stringify([schema, name]);

/**
 * Reads the catalog of a PostgreSQL database: what has changed since `state`, or all of it. `meanwhile` is
 * awaited when the first table has been read.
 */
export async function read(
  url: string,
  state: CatalogState | null,
  meanwhile?: () => Promise<unknown>,
): Promise<Read> {
  const left: UnchangedTable[] = [];
  const tables = new Map<string, CatalogTable>();
  let seen: CatalogState | null = null;
  const stored = {
    state,
    see: (now: CatalogState) => {
      seen = now;
    },
    leave: (table: UnchangedTable) => left.push(table),
  };
  for await (const table of catalogOf(url, { stored })) {
    if (tables.size === 0) await meanwhile?.();
    tables.set(nameOf(table), table);
  }
  return { tables, state: seen, left };
}

/**
 * Expects that what changed since an earlier read, and what it left, make the whole catalog. Answers
 * a read of all of it, and the tables that did not have to be read for that.
 */
export async function expectWhole(url: string, earlier: Read) {
  const changes = await read(url, earlier.state);
  const whole = await read(url, null);
  const isSame = changes.state?.token === earlier.state?.token;
  const made = new Map(isSame ? earlier.tables : changes.tables);
  for (const table of changes.left) {
    const before = earlier.tables.get(nameOf(table));
    if (!before) throw new Error(`nothing is known of ${nameOf(table)}`);
    expect(table.columns).toBe(before.columns.length);
    made.set(nameOf(table), before);
  }
  expect(sorted(made)).toEqual(sorted(whole.tables));
  return { whole, changes };
}

/** Estimates of tables that were left may differ by a tenth: they are not compared. */
function sorted(tables: ReadonlyMap<string, CatalogTable>): unknown[] {
  const names = [...tables.keys()].sort();
  return names.map((name) => ({ ...tables.get(name), rowEstimate: null }));
}
