import { SyncRun, type syncTriggers } from '../../../shared/db/entities/sync-run.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { Jobs } from '../../../shared/jobs/client.ts';

interface Wanted {
  readonly orgId: string;
  readonly dataSourceId: string;
  readonly trigger: (typeof syncTriggers)[number];
}

/**
 * Asks for a schema sync and answers its run: the pending one when there is one, since one sync at
 * a time is the rule. The caller holds a lock on the data source's row.
 */
export async function enqueueSync(em: EntityManager, jobs: Jobs, wanted: Wanted): Promise<string> {
  const { orgId, dataSourceId, trigger } = wanted;
  const pending = await em.findOne(SyncRun, { dataSourceId, status: 'PENDING' });
  if (pending) return pending.id;
  const run = em.create(SyncRun, {
    id: newId('syncRun'),
    organizationId: orgId,
    dataSourceId,
    trigger,
    status: 'PENDING',
  });
  await em.flush();
  const payload = { dataSourceId, syncRunId: run.id };
  if (
    !(await jobs.send(em, 'sync-schema', payload, { organizationId: orgId, key: dataSourceId }))
  ) {
    throw new AppError(
      'UNAVAILABLE',
      'The last sync is just being put away; try again in a moment',
    );
  }
  return run.id;
}
