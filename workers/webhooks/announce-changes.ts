import { readChanges, type TableChange } from '../../shared/catalog-changes/read-changes.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { StagedCatalog } from '../sync-schema/stage-catalog.ts';
import type { WorkerContext } from '../worker-context.ts';
import { announce } from './announce.ts';

// A message is read by programs that act on it; what is larger is read from the API, which pages it.
const maxTables = 50;
const maxDifferences = 10;
const maxCharacters = 200;

interface Published {
  readonly dataSourceId: string;
  readonly syncRunId: string;
  readonly staged: Pick<StagedCatalog, 'added' | 'changed' | 'removed' | 'deselected'>;
}

/**
 * Tells what a sync has changed, classed by its impact as `catalog.listChanges` has it. Call it when
 * the versions of `at` are written. What is hidden is not told, and a change of nothing else is none.
 */
export async function announceChanges(
  worker: Pick<WorkerContext, 'jobs'>,
  em: EntityManager,
  { dataSourceId, syncRunId, staged }: Published,
  at: Date,
): Promise<void> {
  const { added, changed, removed, deselected } = staged;
  if (added + changed + removed.length + deselected.length === 0) return;
  const tell = async () => {
    const from = new Date(at.getTime() - 1);
    const between = { dataSourceId, from, to: at, includeHidden: false };
    const changes = await readChanges(em, between, maxTables + 1);
    if (changes.length === 0) return null;
    const tables = changes.slice(0, maxTables).map(cutChange);
    const hasMore = changes.length > maxTables;
    return { syncRunId, from: from.toISOString(), to: at.toISOString(), tables, hasMore };
  };
  await announce(worker, em, { dataSourceId, type: 'schema.changed', at, tell });
}

function cutChange({ differences, ...change }: TableChange) {
  const told = differences.slice(0, maxDifferences).map(({ before, after, ...difference }) => ({
    ...difference,
    ...{ before: cutText(before), after: cutText(after) },
  }));
  return { ...change, differences: told, hasMoreDifferences: differences.length > maxDifferences };
}

function cutText(text: string | null): string | null {
  if (text === null || text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters).toWellFormed()}...`;
}
