import { sql } from 'kysely';
import type { ConnectionFailureCode } from '../../shared/connection-failures.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { nextSyncAfter } from '../../shared/schedule.ts';
import type { Progress, StagedCatalog } from './stage-catalog.ts';

/** A run and the data source it is of. */
export interface RunRef {
  readonly dataSourceId: string;
  readonly syncRunId: string;
}

/** An attempt starts. The data source is locked before the run, as everywhere. */
export async function startAttempt(em: EntityManager, run: RunRef): Promise<void> {
  await sql`
    update data_source set last_sync_attempt_at = now()
    where id = ${run.dataSourceId}`.execute(em.getKysely());
  await sql`
    update sync_run
    set started_at = now(), updated_at = now(), tables_read = null, columns_read = null
    where id = ${run.syncRunId}`.execute(em.getKysely());
}

/** Shows how far the attempt has come. False when the run has ended: nobody waits for it any more. */
export async function showProgress(
  em: EntityManager,
  run: RunRef,
  { tables, columns }: Progress,
): Promise<boolean> {
  const { rows } = await sql`
    update sync_run set tables_read = ${tables}, columns_read = ${columns}
    where id = ${run.syncRunId} and status = 'PENDING' returning id`.execute(em.getKysely());
  return rows.length > 0;
}

/** Inside the commit that publishes the catalog: the run succeeded. */
export async function succeedRun(
  em: EntityManager,
  run: RunRef,
  staged: StagedCatalog,
  now: Date,
): Promise<void> {
  const at = now.toISOString();
  await sql`
    with run as (
      update sync_run
      set status = 'SUCCESS', failure = null, finished_at = ${at}, updated_at = ${at},
        tables = ${staged.tables}, columns = ${staged.columns}, tables_added = ${staged.added},
        tables_changed = ${staged.changed}, tables_removed = ${staged.removed.length},
        tables_deselected = ${staged.deselected.length}, tables_read = ${staged.tables},
        columns_read = ${staged.columns}
      where id = ${run.syncRunId})
    update data_source
    set last_sync_status = 'SUCCESS', sync_failure = null, last_successful_sync_at = ${at},
      next_sync_at = ${nextSyncAfter(now).toISOString()}
    where id = ${run.dataSourceId}`.execute(em.getKysely());
}

/** The run failed for good. The catalog of the last success stays. */
export async function failRun(
  em: EntityManager,
  run: RunRef,
  failure: ConnectionFailureCode,
  now: Date,
): Promise<string | null> {
  const at = now.toISOString();
  const { rows } = await sql<{ failure: string | null }>`
    with run as (
      update sync_run
      set status = 'FAILED', failure = ${failure}, finished_at = ${at}, updated_at = ${at}
      where id = ${run.syncRunId}),
    before as (select id, sync_failure from data_source where id = ${run.dataSourceId})
    update data_source d
    set last_sync_status = 'FAILED', sync_failure = ${failure},
      next_sync_at = ${nextSyncAfter(now).toISOString()}
    from before where d.id = before.id
    returning before.sync_failure as failure`.execute(em.getKysely());
  return rows[0]?.failure ?? null;
}

/** The run will be tried again: it stays pending and shows what was in the way. */
export async function showObstacle(
  em: EntityManager,
  run: RunRef,
  failure: ConnectionFailureCode,
): Promise<void> {
  await sql`
    update data_source set sync_failure = ${failure}
    where id = ${run.dataSourceId}`.execute(em.getKysely());
}

/** The organization has seen its first schema. */
export async function completeOnboarding(em: EntityManager, organizationId: string): Promise<void> {
  await sql`
    update organization set onboarding_status = 'COMPLETED'
    where id = ${organizationId} and onboarding_status = 'STARTED'`.execute(em.getKysely());
}
