import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../../shared/audit/record.ts';
import { DataSource } from '../../../../shared/db/entities/data-source.entity.ts';
import { SyncRun as SyncRunEntity } from '../../../../shared/db/entities/sync-run.entity.ts';
import type { EntityManager } from '../../../../shared/db/orm.ts';
import { AppError, notFound } from '../../../../shared/errors.ts';
import type { CallerContext } from '../../../context.ts';
import type { DataSourceRef, SyncRun } from '../contract.ts';
import { getSync } from './get-sync.ts';

type Needs = Pick<CallerContext, 'em' | 'jobs' | 'clock' | 'origin'>;

/**
 * Ends the sync that is queued or at work; the catalog stays what it was. A worker that is at it
 * finds out within a second and closes its connection. CONFLICT when no sync is pending.
 */
export async function cancelSync(ctx: Needs, ref: DataSourceRef): Promise<SyncRun> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await cancelPending(ctx, ref);
    } catch (error) {
      if (!(error instanceof Overtaken) || attempt === mostAttempts) throw error;
    }
  }
}

const mostAttempts = 5;

/** A sync was asked for between the look at the queue and the lock: nothing was changed. */
class Overtaken extends AppError {
  constructor() {
    super('UNAVAILABLE', 'Another sync was just asked for; try again in a moment');
  }
}

async function cancelPending(ctx: Needs, { orgId, id }: DataSourceRef): Promise<SyncRun> {
  return ctx.em.transactional(async (em) => {
    // A worker that ends a job locks the job first, then the data source: so do we.
    await ctx.jobs.cancel(em, 'sync-schema', id);
    const row = await em.findOne(
      DataSource,
      { id, organizationId: orgId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!row) throw notFound('Data source');
    const run = await em.findOne(SyncRunEntity, { dataSourceId: id, status: 'PENDING' });
    if (!run) throw new AppError('CONFLICT', 'No sync of this data source is pending');
    if (await ctx.jobs.isQueued(em, 'sync-schema', id)) throw new Overtaken();
    const now = ctx.clock.now();
    run.status = 'CANCELLED';
    run.finishedAt = now;
    const last = await lastOutcome(em, id);
    row.lastSyncStatus = last?.status ?? 'NEVER_SYNCED';
    row.syncFailure = last?.failure ?? null;
    await em.flush();
    const act = {
      organizationId: orgId,
      action: 'data_source.sync_cancelled',
      targetId: id,
    } as const;
    await recordAudit(em, ctx.origin, { ...act, details: { syncRunId: run.id } }, now);
    return getSync({ em }, { orgId, id, syncId: run.id });
  });
}

/** How the last sync ended that was not cancelled: what is known of the data source again. */
function lastOutcome(em: EntityManager, dataSourceId: string) {
  return em
    .getKysely()
    .selectFrom('sync_run')
    .select(['status', 'failure'])
    .where('data_source_id', '=', dataSourceId)
    .where('status', 'in', ['SUCCESS', 'FAILED'])
    .orderBy('id', 'desc')
    .limit(1)
    .$narrowType<{ status: 'SUCCESS' | 'FAILED' }>()
    .executeTakeFirst();
}
