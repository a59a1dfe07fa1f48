import { notFound } from '../../../../shared/errors.ts';
import type { CallerContext } from '../../../context.ts';
import type { SyncRef, SyncRun } from '../contract.ts';
import { selectSyncRuns, toSyncRun } from '../list-syncs.ts';

/** One sync of a data source; while it is pending, with how far it has come. */
export async function getSync(
  { em }: Pick<CallerContext, 'em'>,
  { id, syncId }: SyncRef,
): Promise<SyncRun> {
  const row = await selectSyncRuns(em, id).where('id', '=', syncId).executeTakeFirst();
  if (!row) throw notFound('Sync');
  return toSyncRun(row);
}
