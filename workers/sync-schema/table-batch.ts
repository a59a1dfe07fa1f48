import { hash } from 'node:crypto';
import type { CatalogTable } from '../../shared/catalog.ts';
import { storable } from '../storable.ts';
import { BinaryArray } from './binary-array.ts';
import { ColumnNames } from './column-names.ts';
import { canonicalDefinition } from './definition.ts';

// A batch is compared and written while the next one is read: two of them are what memory holds.
const maxTables = 250;
const maxBytes = 4 * 1024 * 1024;

/**
 * Tables as they were read, column by column, ready to be compared and sent. Of a table its id, its
 * hash and its estimate stay on the heap: definitions that wait there cost a sync a quarter of its
 * time in garbage collection. Made to be filled again and again.
 */
export class TableBatch {
  readonly ids: string[] = [];
  /** SHA-256 of the canonical definition, hexadecimal. */
  readonly hashes: string[] = [];
  readonly estimates: (number | null)[] = [];
  readonly schemas = new BinaryArray();
  readonly names = new BinaryArray();
  readonly kinds = new BinaryArray();
  /** What columns are found by: each name once, in lower case, as the text of an array. */
  readonly columnNames = new BinaryArray();
  /** Canonical JSON. */
  readonly definitions = new BinaryArray();

  readonly #names: ColumnNames;

  /** `names` may be shared with other batches of the same catalog. */
  constructor(names = new ColumnNames()) {
    this.#names = names;
  }

  add(tableId: string, table: CatalogTable): void {
    this.ids.push(tableId);
    this.schemas.push(storable(table.schema));
    this.names.push(storable(table.name));
    this.kinds.push(table.kind);
    const columns = new Set(table.columns.map(({ name }) => this.#names.of(name)));
    this.columnNames.push(`{${[...columns].join(',')}}`);
    const definition = this.definitions.push(canonicalDefinition(table));
    this.hashes.push(hash('sha256', definition, 'hex'));
    this.estimates.push(Number.isFinite(table.rowEstimate) ? table.rowEstimate : null);
  }

  get isFull(): boolean {
    return this.ids.length >= maxTables || this.definitions.byteLength >= maxBytes;
  }

  clear(): void {
    for (const list of [this.ids, this.hashes, this.estimates]) list.length = 0;
    for (const array of [this.schemas, this.names, this.kinds, this.columnNames, this.definitions])
      array.clear();
  }
}
