import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import { downCheckSeconds } from '../../shared/schedule.ts';
import { judge, type Judgement } from './health-state.ts';
import { readState } from './read-state.ts';
import { recordTurn, type Outage } from './record-turn.ts';
import { waitOf, writeCheck } from './write-check.ts';

interface CheckedConnection {
  readonly id: string;
  readonly organizationId: string;
}

/** What a check came to. */
export interface Recorded {
  readonly nextLook: Judgement['nextLook'];
  /** The outage that began or ended with it. */
  readonly outage: Outage | null;
}

/**
 * Adds a check to what is remembered of a data source: its history, the hour's numbers, the time of
 * which its status is known, its status, and the outage that began or ended. The caller has locked
 * the data source's row, so checks are taken one after another, in the order of `now`. Null, with
 * nothing written, when the data source was paused meanwhile.
 */
export async function recordCheck(
  em: EntityManager,
  source: CheckedConnection,
  report: ProbeReport,
  now: Date,
): Promise<Recorded | null> {
  const { before, isPaused, intervalSeconds } = await readState(em, source.id);
  if (isPaused) return null;
  const judgement = judge(before, {
    at: now,
    hasFailed: report.failure !== null,
    // Nothing was sent: the stored credentials are not what they should be.
    isCertain: report.failure === 'CREDENTIALS_CORRUPT',
  });
  const { failures } = judgement.state;
  const isDown = judgement.nextLook === 'down';
  const seconds = isDown ? downCheckSeconds(failures, intervalSeconds) : intervalSeconds;
  const checked = sql`
    select ${source.id}::text as id, ${source.organizationId}::text as organization_id,
      ${now.toISOString()}::timestamptz as at, ${waitOf(sql`${seconds}::integer`)} as wait`;
  await sql`with ${writeCheck(checked, report, judgement.state)}
    select from effect`.execute(em.getKysely());
  const outage = await recordTurn(em, source, { report, now, judgement });
  return { nextLook: judgement.nextLook, outage };
}

/** What the check before this one failed with; null when it did not, or there was none. */
export async function lastFailure(
  em: EntityManager,
  { id }: Pick<CheckedConnection, 'id'>,
): Promise<string | null> {
  const { rows } = await sql<{ failure: string | null }>`
    select failure from health_check where data_source_id = ${id} order by id desc limit 1`.execute(
    em.getKysely(),
  );
  return rows[0]?.failure ?? null;
}
