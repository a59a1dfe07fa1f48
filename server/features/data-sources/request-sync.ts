import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import { DataSource } from '../../../shared/db/entities/data-source.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { DataSourceRef, SyncRun } from './contract.ts';
import { enqueueSync } from './enqueue-sync.ts';
import { selectSyncRuns, toSyncRun } from './list-syncs.ts';

type Needs = Pick<CallerContext, 'em' | 'jobs' | 'clock' | 'origin'>;

/** Asks for a sync now. While one is pending, that one is the answer. */
export async function requestSync(ctx: Needs, { orgId, id }: DataSourceRef): Promise<SyncRun> {
  return ctx.em.transactional(async (em) => {
    const row = await em.findOne(
      DataSource,
      { id, organizationId: orgId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!row) throw notFound('Data source');
    const runId = await enqueueSync(em, ctx.jobs, {
      orgId,
      dataSourceId: id,
      trigger: 'requested',
    });
    row.lastSyncStatus = 'PENDING';
    await em.flush();
    const act = {
      organizationId: orgId,
      action: 'data_source.sync_requested',
      targetId: id,
    } as const;
    await recordAudit(em, ctx.origin, { ...act, details: { syncRunId: runId } }, ctx.clock.now());
    return toSyncRun(
      await selectSyncRuns(em, id).where('id', '=', runId).executeTakeFirstOrThrow(),
    );
  });
}
