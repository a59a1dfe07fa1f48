import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { WorkerContext } from '../worker-context.ts';
import { sendJobs } from './send-jobs.ts';
import { takeDue, type DueSource } from './take-due.ts';

/** Sends the schema syncs that are due, at most `limit`, each with its run. */
export async function dispatchSyncs(worker: WorkerContext, limit: number): Promise<number> {
  return worker.orm.em.fork().transactional(async (em) => {
    const due = await takeDue(em, 'sync', limit);
    if (due.length === 0) return 0;
    const runs = await startRuns(em, due);
    const payloads = runs.map((run) => ({ dataSourceId: run.data_source_id, syncRunId: run.id }));
    await sendJobs(worker, em, 'sync-schema', payloads);
    return due.length;
  });
}

/** A run for each data source that has none pending. */
async function startRuns(em: EntityManager, due: readonly DueSource[]) {
  const ids = due.map(() => newId('syncRun'));
  const sources = due.map(({ id }) => id);
  const organizations = due.map(({ organizationId }) => organizationId);
  const { rows } = await sql<{ id: string; data_source_id: string }>`
    with started as (
      insert into sync_run (id, organization_id, data_source_id, trigger, created_at, updated_at)
      select id, organization_id, data_source_id, 'scheduled', now(), now()
      from unnest(${ids}::text[], ${organizations}::text[], ${sources}::text[])
        due(id, organization_id, data_source_id)
      on conflict (data_source_id) where status = 'PENDING' do nothing
      returning id, data_source_id),
    shown as (
      update data_source set last_sync_status = 'PENDING'
      where id in (select data_source_id from started))
    select id, data_source_id from started`.execute(em.getKysely());
  return rows;
}
