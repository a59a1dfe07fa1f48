import type { CatalogColumn, CatalogIndex, CatalogTable } from '../../../shared/catalog.ts';

/** A column that has nothing but a name and a type, and what is said of it. */
export function column(
  name: string,
  type: string,
  more: Partial<CatalogColumn> = {},
): CatalogColumn {
  return {
    ...{ name, type, nullable: true, default: null, comment: null, generated: null },
    ...{ identity: null, ...more },
  };
}

/** A table that has nothing but a name, and what is said of it. */
export function catalogTable(
  schema: string,
  name: string,
  more: Partial<CatalogTable> = {},
): CatalogTable {
  return {
    ...{ schema, name, kind: 'table', comment: null, rowEstimate: null, columns: [] },
    ...{ primaryKey: null, uniqueKeys: [], foreignKeys: [], checks: [], indexes: [] },
    ...{ partitionOf: null, partitionKey: null, ...more },
  };
}

/** An ordinary index over nothing, and what is said of it. */
export function catalogIndex(name: string, more: Partial<CatalogIndex> = {}): CatalogIndex {
  return {
    ...{ name, unique: false, method: 'btree', columns: [], includes: [], predicate: null },
    ...more,
  };
}
