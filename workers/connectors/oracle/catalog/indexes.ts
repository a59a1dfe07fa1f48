import type { CatalogIndex } from '../../../../shared/catalog.ts';
import type { Row } from '../../ordered-rows.ts';
import { given } from './given.ts';
import { keyOf } from './key-of.ts';

/** Indexes of one table, whose owner may be another than the table's. */
export function toIndexes(indexes: readonly Row[], columns: readonly Row[]): CatalogIndex[] {
  const byIndex = Map.groupBy(columns, (row) => keyOf(row[1], row[2]));
  return indexes.map(([, owner, name, uniqueness, type]) => ({
    name: given(name),
    unique: uniqueness === 'UNIQUE',
    // The engine's own: normal, bitmap, function-based normal, iot - top, domain.
    method: given(type).toLowerCase(),
    columns: (byIndex.get(keyOf(owner, name)) ?? []).map(toIndexColumn),
    includes: [],
    predicate: null,
  }));
}

function toIndexColumn([
  ,
  ,
  ,
  column,
  direction,
  expression,
]: Row): CatalogIndex['columns'][number] {
  const descending = direction === 'DESC';
  const text = expression?.trim();
  if (!text) return { name: given(column), expression: null, descending };
  // What descends is kept as an expression, be it a column alone.
  const plain = descending ? /^"([^"]+)"$/.exec(text)?.[1] : undefined;
  return plain
    ? { name: plain, expression: null, descending }
    : { name: null, expression: text, descending };
}
