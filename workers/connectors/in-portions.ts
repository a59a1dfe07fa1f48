import type { CatalogTable } from '../../shared/catalog.ts';
import { ConnectionFailure } from './connector.ts';
import type { Row } from './ordered-rows.ts';

/** Tables as their statement has them, by what the server keeps them in the order of, in that order. */
export type Portion<Key> = ReadonlyMap<Key, Row>;

/** A catalog that is read in ranges of keys. */
export interface PortionedCatalog<Key> {
  /** The next tables after a key; none at the end. */
  pageAfter(after: Key): Promise<Portion<Key>>;
  /** The tables of a portion, which begins after a key; null when it is more than may be in memory. */
  read(portion: Portion<Key>, after: Key): Promise<readonly CatalogTable[] | null>;
}

/**
 * Every table after `first`, page by page, where a portion is what is in memory: one that is too large
 * is cut in two and read again. Throws LIMIT_EXCEEDED for a single table that is too large.
 */
export async function* inPortions<Key>(
  catalog: PortionedCatalog<Key>,
  first: Key,
): AsyncGenerator<CatalogTable> {
  let after = first;
  for (
    let page = await catalog.pageAfter(after);
    page.size > 0;
    page = await catalog.pageAfter(after)
  ) {
    const left: Portion<Key>[] = [page];
    for (let portion = left.shift(); portion; portion = left.shift()) {
      const tables = await catalog.read(portion, after);
      if (tables) {
        after = [...portion.keys()].at(-1) ?? after;
        yield* tables;
      } else {
        left.unshift(...halve(portion));
      }
    }
  }
}

function halve<Key>(portion: Portion<Key>): Portion<Key>[] {
  const rows = [...portion];
  if (rows.length < 2) throw new ConnectionFailure('LIMIT_EXCEEDED');
  const middle = Math.ceil(rows.length / 2);
  return [new Map(rows.slice(0, middle)), new Map(rows.slice(middle))];
}
