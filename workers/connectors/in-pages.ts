import type { CatalogTable } from '../../shared/catalog.ts';
import { collectRows } from '../memory/collect-rows.ts';
import { ConnectionFailure } from './connector.ts';
import { byUtf8, type Row } from './ordered-rows.ts';

/** A table by its place in a catalog that is read by schema and name, in the order of their bytes. */
export type Place = readonly [schema: string, table: string];

/** Before every table there can be. */
export const beginning: Place = ['', ''];

/** Some tables that follow each other: all that are there after `from`, up to `to`. */
export interface Page {
  readonly tables: readonly (readonly [place: Place, row: Row])[];
  readonly from: Place;
  readonly to: Place;
}

/** A catalog that is read page by page. */
export interface PagedCatalog {
  /** Tables of a page, at most. */
  readonly pageTables: number;
  /** The rows of the next tables after a place, as many as a page holds; none at the end. */
  tablesAfter(place: Place): AsyncIterable<readonly Row[]>;
  /** Puts the tables of a page together, in their order. */
  read(page: Page): AsyncGenerator<CatalogTable>;
}

/**
 * Every table, one page after the other. A server that sends more than it was asked for, or repeats
 * itself, could make us read for ever: it ends in PROTOCOL_ERROR.
 */
export async function* inPages(catalog: PagedCatalog): AsyncGenerator<CatalogTable> {
  let from = beginning;
  for (;;) {
    const rows = await collectRows(catalog.tablesAfter(from), catalog.pageTables);
    if (rows.length === 0) return;
    let to = from;
    const tables: [Place, Row][] = [];
    for (const row of rows) {
      const place = placeOf(row);
      if (comparePlaces(place, to) <= 0) throw new ConnectionFailure('PROTOCOL_ERROR');
      tables.push([place, row]);
      to = place;
    }
    yield* catalog.read({ tables, from, to });
    from = to;
  }
}

function comparePlaces(a: Place, b: Place): number {
  return byUtf8(a[0], b[0]) || byUtf8(a[1], b[1]);
}

function placeOf([schema, table]: Row): Place {
  if (typeof schema !== 'string' || typeof table !== 'string') {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  return [schema, table];
}
