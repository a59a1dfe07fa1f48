import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { nowMs, toTime } from '../database-time.ts';
import { announceFailedSync } from '../webhooks/announce-failed-sync.ts';
import type { WorkerContext } from '../worker-context.ts';

/**
 * Ends the runs whose job is no more: its worker died at the last try, or an operator cancelled it.
 * A run and its job are written in one transaction, so a run without one is never just too early.
 * Whoever wants to know of failed syncs is told, as of any other.
 */
export async function failAbandonedRuns(worker: WorkerContext, limit: number): Promise<number> {
  return worker.orm.em.fork().transactional(async (em) => {
    const runs = await lockAbandoned(em, limit);
    const failed = runs.length > 0 ? await failRuns(em, runs) : [];
    for (const { failures, now_ms, ...run } of failed) {
      if (failures > 1) continue;
      const failure = 'INTERNAL_ERROR';
      await announceFailedSync(worker, em, { ...run, failure }, toTime({ now_ms }));
    }
    return runs.length;
  });
}

async function lockAbandoned(em: EntityManager, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from sync_run r join data_source d on d.id = r.data_source_id
    where r.status = 'PENDING' and not exists (
      select 1 from pgboss.job j
      where j.name = 'sync-schema' and coalesce(j.singleton_key, '') = d.id
        and j.state <= 'active' and j.policy = 'exclusive')
    limit ${limit} for update of d skip locked`.execute(em.getKysely());
  return rows.map(({ id }) => id);
}

interface FailedRun {
  readonly dataSourceId: string;
  readonly syncRunId: string;
  /** In a row, this one included. */
  readonly failures: number;
  readonly now_ms: number;
}

async function failRuns(em: EntityManager, runs: readonly string[]): Promise<FailedRun[]> {
  const { rows } = await sql<FailedRun>`
    with ended as (
      update sync_run
      set status = 'FAILED', failure = 'INTERNAL_ERROR', finished_at = now(), updated_at = now()
      where id = any (${runs}::text[]) and status = 'PENDING'
      returning id, data_source_id)
    update data_source d set last_sync_status = 'FAILED', sync_failure = 'INTERNAL_ERROR',
      sync_failures = sync_failures + 1,
      next_sync_at = least(next_sync_at, now() + interval '5 minutes')
    from ended where d.id = ended.data_source_id
    returning d.id as "dataSourceId", ended.id as "syncRunId", d.sync_failures as failures,
      ${nowMs} as now_ms`.execute(em.getKysely());
  return rows;
}
