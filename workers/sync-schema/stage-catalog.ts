import type { CatalogTable } from '../../shared/catalog.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Holding } from '../memory/holding.ts';
import { everything, type Selection } from '../selection.ts';
import type { ChangeCheck } from './known-catalog.ts';
import { findMissing, type MissingTables } from './find-missing.ts';
import { selectStored } from './select-stored.ts';
import { insertStaged, type StagedRow } from './staged-rows.ts';
import { isNewEstimate, toVersion, type TableVersion } from './table-version.ts';

/** What was read, and how it differs from the stored catalog. */
export interface StagedCatalog extends MissingTables {
  readonly tables: number;
  readonly columns: number;
  /** Names of the schemas that the tables are in. */
  readonly schemas: readonly string[];
  readonly added: number;
  readonly changed: number;
  /** Rows in catalog_staging, which the commit publishes. */
  readonly stagedRows: number;
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

/** How much has been read so far. */
export interface Progress {
  tables: number;
  columns: number;
}

// A batch is compared and written while the next one is read: two of them are what memory holds.
const batchTables = 500;
const batchCharacters = 4 * 1024 * 1024;

/** Of a table that has been seen: an id of 30 characters in a set. */
const bytesPerName = 100;

/**
 * Reads a catalog to its end and stages what differs from the stored one, so that the commit is
 * short and an unchanged catalog writes nothing. The stored catalog stays as it is. A server that
 * names a table twice is taken at its first word.
 */
export async function stageCatalog(
  into: Into,
  catalog: AsyncIterable<CatalogTable>,
): Promise<StagedCatalog> {
  const { memory, selection = everything, progress = { tables: 0, columns: 0 } } = into;
  const seen = new Set<string>();
  const schemas = new Set<string>();
  const sum = { added: 0, changed: 0, known: 0, stagedRows: 0 };
  let batch: TableVersion[] = [];
  let characters = 0;
  let flushing = Promise.resolve();

  const flush = async (): Promise<void> => {
    await flushing;
    const written = batch;
    flushing = stageBatch(into, written, sum).finally(() => memory?.set(written, 0));
    // Awaited with the next batch; until then a failure must not count as unhandled.
    flushing.catch(() => undefined);
    batch = [];
    characters = 0;
  };

  for await (const table of catalog) {
    if (!selection.has(table.schema, table.name)) continue;
    const version = toVersion(into.dataSourceId, table);
    if (seen.has(version.tableId)) continue;
    seen.add(version.tableId);
    schemas.add(version.schema);
    progress.tables += 1;
    progress.columns += table.columns.length;
    batch.push(version);
    characters += version.definition.length;
    memory?.set(batch, 2 * characters);
    if (seen.size % 1_000 === 0) memory?.set(seen, bytesPerName * seen.size);
    if (batch.length >= batchTables || characters >= batchCharacters) await flush();
  }
  await flush();
  await flushing;
  const unchanged = into.check?.unchanged;
  if (unchanged) return { ...nothing, ...unchanged };
  const missing = await findMissing({ ...into, selection }, seen, sum.known);
  const { added, changed, stagedRows } = sum;
  return { ...progress, schemas: [...schemas], added, changed, stagedRows, ...missing };
}

const nothing = {
  ...{ schemas: [], added: 0, changed: 0, stagedRows: 0 },
  ...{ removed: [], deselected: [] },
} as const;

interface Sum {
  added: number;
  changed: number;
  /** Tables that are stored already, changed or not. */
  known: number;
  stagedRows: number;
}

async function stageBatch(into: Into, batch: readonly TableVersion[], sum: Sum): Promise<void> {
  if (batch.length === 0) return;
  const stored = await selectStored(
    into.em,
    batch.map(({ tableId }) => tableId),
  );
  const rows: StagedRow[] = [];
  for (const version of batch) {
    const before = stored.get(version.tableId);
    if (before) sum.known += 1;
    if (!before) sum.added += 1;
    else if (before.hash !== version.hash) sum.changed += 1;
    else if (!isNewEstimate(before.rowEstimate, version.rowEstimate)) continue;
    rows.push({ ...version, isNewVersion: before?.hash !== version.hash });
  }
  if (rows.length > 0) await insertStaged(into.em, into.attempt, rows);
  sum.stagedRows += rows.length;
}
