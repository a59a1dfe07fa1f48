import { sql } from 'kysely';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { nextAfter, syncRetrySeconds } from '../../shared/schedule.ts';
import type { Progress } from './seen-tables.ts';
import type { StagedCatalog } from './stage-catalog.ts';

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

/** Inside the commit that publishes the catalog: the run succeeded. Answers how it stood before. */
export async function succeedRun(
  em: EntityManager,
  run: RunRef,
  staged: StagedCatalog,
  now: Date,
): Promise<Streak> {
  const at = now.toISOString();
  const before = await readStreak(em, run);
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
    set last_sync_status = 'SUCCESS', sync_failure = null, sync_failures = 0,
      last_successful_sync_at = ${at}, next_sync_at = ${nextAfter(now, before.intervalSeconds).toISOString()}
    where id = ${run.dataSourceId}`.execute(em.getKysely());
  return before;
}

/** What the syncs before this one came to. */
export interface Streak {
  /** What the last one failed with, or was held up by. */
  readonly failure: string | null;
  /** How many failed one after another. */
  readonly failures: number;
  readonly intervalSeconds: number;
  /** None has succeeded: there is no catalog that could change. */
  readonly isFirst: boolean;
}

/**
 * The run failed for good. The catalog of the last success stays; the next sync comes soon, and later
 * each time that one fails. Answers how it stood before.
 */
export async function failRun(
  em: EntityManager,
  run: RunRef,
  failure: ConnectionFailureCode,
  now: Date,
): Promise<Streak> {
  const at = now.toISOString();
  const before = await readStreak(em, run);
  const failures = before.failures + 1;
  const nextAt = nextAfter(now, syncRetrySeconds(failures, before.intervalSeconds)).toISOString();
  await sql`
    with run as (
      update sync_run
      set status = 'FAILED', failure = ${failure}, finished_at = ${at}, updated_at = ${at}
      where id = ${run.syncRunId})
    update data_source
    set last_sync_status = 'FAILED', sync_failure = ${failure}, sync_failures = ${failures},
      next_sync_at = ${nextAt}
    where id = ${run.dataSourceId}`.execute(em.getKysely());
  return before;
}

async function readStreak(em: EntityManager, { dataSourceId }: RunRef): Promise<Streak> {
  const { rows } = await sql<Streak>`
    select sync_failure as failure, sync_failures as failures,
      sync_interval_seconds as "intervalSeconds",
      last_successful_sync_at is null as "isFirst"
    from data_source where id = ${dataSourceId}`.execute(em.getKysely());
  const [streak] = rows;
  if (!streak) throw new Error('a run ended whose data source is gone');
  return streak;
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
