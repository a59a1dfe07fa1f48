import type { CatalogTable } from '../../shared/catalog.ts';
import { tableId } from '../../shared/ids.ts';
import type { Holding } from '../memory/holding.ts';
import type { Selection } from '../selection.ts';
import { storable } from '../storable.ts';

/** How much has been read so far. */
export interface Progress {
  tables: number;
  columns: number;
}

interface Counted {
  readonly dataSourceId: string;
  readonly selection: Selection;
  readonly memory: Holding | undefined;
  /** Kept current. */
  readonly progress: Progress;
}

/** Of a table that has been seen: 30 characters in a set. */
const bytesPerId = 100;

/** The tables that a catalog has named so far, each at its first word. */
export class SeenTables {
  readonly ids = new Set<string>();
  readonly #schemas = new Set<string>();
  readonly #counted: Counted;

  constructor(counted: Counted) {
    this.#counted = counted;
  }

  get schemas(): readonly string[] {
    return [...this.#schemas];
  }

  /** The id of a table; null when it was seen before, or lies outside of the selection. */
  add({ schema, name }: Pick<CatalogTable, 'schema' | 'name'>, columns: number): string | null {
    const { dataSourceId, selection, memory, progress } = this.#counted;
    if (!selection.has(schema, name)) return null;
    const id = tableId(dataSourceId, schema, name);
    if (this.ids.has(id)) return null;
    this.ids.add(id);
    this.#schemas.add(storable(schema));
    progress.tables += 1;
    progress.columns += columns;
    if (this.ids.size % 1_000 === 0) memory?.set(this, bytesPerId * this.ids.size);
    return id;
  }
}
