import type { CatalogTable } from '../../shared/catalog.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Holding } from '../memory/holding.ts';
import { everything, type Selection } from '../selection.ts';
import type { StoredCatalog } from '../connectors/connector.ts';
import type { ChangeCheck } from './known-catalog.ts';
import { ColumnNames } from './column-names.ts';
import { countStored } from './count-stored.ts';
import { findMissing, type MissingTables } from './find-missing.ts';
import { type Progress, SeenTables } from './seen-tables.ts';
import { type Counts, stageBatch } from './stage-batch.ts';
import { TableBatch } from './table-batch.ts';

/** What was read, and how it differs from the stored catalog. */
export interface StagedCatalog extends MissingTables {
  readonly tables: number;
  readonly columns: number;
  /** Names of the schemas that the tables are in. */
  readonly schemas: readonly string[];
  readonly added: number;
  readonly changed: number;
  /** Tables that were not read, because they are as they were. */
  readonly left: number;
  /** Rows in catalog_staging, which the commit publishes. */
  readonly stagedRows: number;
  /** The names of all columns that were read, see `ColumnNames.all`; null when the rows have to be asked. */
  readonly columnNames: string | null;
}

interface Into {
  readonly em: EntityManager;
  readonly dataSourceId: string;
  /** Marks the rows of this attempt. */
  readonly attempt: string;
  /** Tables outside of it are left out; every table is in it when absent. */
  readonly selection?: Selection;
  /** Told what is read and not yet written. */
  readonly memory?: Holding;
  /** Kept current while the catalog is read. */
  readonly progress?: Progress;
  /** What `catalog` was asked for with: it has no tables when the database is what is stored. */
  readonly check?: ChangeCheck;
}

/** Has a catalog read; `leave` is told of tables that are stored as they are, and not read. */
type Read = (leave: StoredCatalog['leave']) => AsyncIterable<CatalogTable>;

/**
 * Reads a catalog to its end and stages what differs from the stored one, so that the commit is
 * short and an unchanged catalog writes nothing. The stored catalog stays as it is. A server that
 * names a table twice is taken at its first word.
 */
export async function stageCatalog(into: Into, read: Read): Promise<StagedCatalog> {
  const { memory, selection = everything, progress = { tables: 0, columns: 0 } } = into;
  let stored: Promise<number> | undefined;
  const countOnce = () => (stored ??= countStored(into.em, into.dataSourceId));
  const seen = new SeenTables({ dataSourceId: into.dataSourceId, selection, memory, progress });
  const counts: Counts = { added: 0, changed: 0, known: 0, stagedRows: 0 };
  // One is filled while the other is compared and written: the two are all that memory holds.
  const names = new ColumnNames();
  let filling = new TableBatch(names);
  let waiting = new TableBatch(names);
  let flushing = Promise.resolve();

  const flush = async (): Promise<void> => {
    await flushing;
    const full = filling;
    flushing = stageBatch({ ...into, countStored: countOnce }, full, counts);
    // Awaited with the next batch; until then a failure must not count as unhandled.
    flushing.catch(() => undefined);
    filling = waiting;
    waiting = full;
  };

  let left = 0;
  const catalog = read((table) => {
    if (seen.add(table, table.columns) !== null) left += 1;
  });
  for await (const table of catalog) {
    const id = seen.add(table, table.columns.length);
    if (id === null) continue;
    filling.add(id, table);
    memory?.set(filling, 2 * filling.definitions.byteLength);
    if (filling.isFull) await flush();
  }
  await flush();
  await flushing;
  const unchanged = into.check?.unchanged;
  if (unchanged) return { ...nothing, ...unchanged };
  const { added, changed, known, stagedRows } = counts;
  const isAllThere = known + left === (await countOnce());
  const missing = isAllThere ? nothing : await findMissing({ ...into, selection }, seen.ids);
  const { removed, deselected } = missing;
  const sizes = { ...progress, schemas: seen.schemas };
  const staged = { added, changed, left, stagedRows, columnNames: names.all };
  return { ...sizes, ...staged, removed, deselected };
}

const nothing = {
  ...{ schemas: [], added: 0, changed: 0, left: 0, stagedRows: 0, columnNames: null },
  ...{ removed: [], deselected: [] },
} as const;
