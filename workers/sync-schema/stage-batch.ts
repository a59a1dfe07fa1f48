import type { EntityManager } from '../../shared/db/orm.ts';
import { selectStored, type StoredTable } from './select-stored.ts';
import { insertEstimates, insertVersions } from './staged-rows.ts';
import type { TableBatch } from './table-batch.ts';

export interface Counts {
  added: number;
  changed: number;
  /** Tables that are stored already, changed or not. */
  known: number;
  stagedRows: number;
}

interface Into {
  readonly em: EntityManager;
  readonly attempt: string;
  /** How many tables the data source has in store. */
  readonly countStored: () => Promise<number>;
}

/** Compares a batch with the stored catalog, stages what differs and counts it; then it is empty. */
export async function stageBatch(
  { em, attempt, countStored }: Into,
  batch: TableBatch,
  counts: Counts,
): Promise<void> {
  if (batch.ids.length === 0) return;
  // A first sync has nothing to compare with.
  const isFirst = (await countStored()) === 0;
  const stored = isFirst ? new Map<string, StoredTable>() : await selectStored(em, batch.ids);
  const versions: number[] = [];
  const estimates: number[] = [];
  for (const [place, id] of batch.ids.entries()) {
    const before = stored.get(id);
    if (!before) counts.added += 1;
    else counts.known += 1;
    if (before?.hash !== batch.hashes[place]) {
      if (before) counts.changed += 1;
      versions.push(place);
    } else if (isNewEstimate(before?.rowEstimate ?? null, batch.estimates[place] ?? null)) {
      estimates.push(place);
    }
  }
  if (versions.length > 0) await insertVersions(em, attempt, batch, versions);
  if (estimates.length > 0) await insertEstimates(em, attempt, batch, estimates);
  counts.stagedRows += versions.length + estimates.length;
  batch.clear();
}

/** A tenth more or less is what an ANALYZE of an idle table does: not worth a write. */
function isNewEstimate(stored: number | null, read: number | null): boolean {
  if (stored === null || read === null) return stored !== read;
  return Math.abs(stored - read) > 0.1 * Math.max(stored, read);
}
