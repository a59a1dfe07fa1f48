import { hash } from 'node:crypto';
import type { CatalogTable } from '../../shared/catalog.ts';
import { tableId } from '../../shared/ids.ts';
import { storable } from '../storable.ts';
import { canonicalDefinition } from './definition.ts';

/** A table as it was read, ready to be compared with what is stored. */
export interface TableVersion {
  readonly tableId: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: CatalogTable['kind'];
  /** What columns are found by: each name once, in lower case, its first 400 characters. */
  readonly columnNames: readonly string[];
  /** Canonical JSON. */
  readonly definition: string;
  /** SHA-256 of it, hexadecimal. */
  readonly hash: string;
  readonly rowEstimate: number | null;
}

export function toVersion(dataSourceId: string, table: CatalogTable): TableVersion {
  const definition = canonicalDefinition(table);
  return {
    tableId: tableId(dataSourceId, table.schema, table.name),
    schema: storable(table.schema),
    name: storable(table.name),
    kind: table.kind,
    columnNames: [...new Set(table.columns.map(({ name }) => searchable(name)))],
    definition,
    hash: hash('sha256', definition, 'hex'),
    rowEstimate: finite(table.rowEstimate),
  };
}

// A B-tree entry has 2,700 bytes at most, and a name in a catalog has no limit.
function searchable(name: string): string {
  const lower = storable(name).toLowerCase();
  return lower.length > 400 ? Array.from(lower).slice(0, 400).join('') : lower;
}

function finite(estimate: number | null): number | null {
  return Number.isFinite(estimate) ? estimate : null;
}

/** A tenth more or less is what an ANALYZE of an idle table does: not worth a write. */
export function isNewEstimate(stored: number | null, read: number | null): boolean {
  if (stored === null || read === null) return stored !== read;
  return Math.abs(stored - read) > 0.1 * Math.max(stored, read);
}
