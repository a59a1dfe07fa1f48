import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import { downCheckSeconds, nextAfter } from '../../shared/schedule.ts';
import { judge, type Judgement } from './health-state.ts';
import { readState } from './read-state.ts';
import { recordTurn, type Outage } from './record-turn.ts';

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
  const nextAt = nextAfter(now, seconds);
  await writeCheck(em, source, { report, now, judgement, nextAt });
  const outage = await recordTurn(em, source, { report, now, judgement });
  return { nextLook: judgement.nextLook, outage };
}

interface Written {
  readonly report: ProbeReport;
  readonly now: Date;
  readonly judgement: Judgement;
  readonly nextAt: Date;
}

// The tick that sends the next check comes once a minute, and a check may take one; twice the wait
// lets a single one be lost without a gap.
const graceMs = 2 * 60_000;

/** Everything that every check changes, in one statement. */
async function writeCheck(
  em: EntityManager,
  { id, organizationId }: CheckedConnection,
  { report, now, judgement, nextAt }: Written,
): Promise<void> {
  const { status, failures, failingSince } = judgement.state;
  const isGood = report.failure === null;
  const at = now.toISOString();
  const knownUntil = new Date(2 * nextAt.getTime() - now.getTime() + graceMs).toISOString();
  await sql`
    with recorded as (
      insert into health_check (id, organization_id, data_source_id, status, failure, duration_ms,
        server_version, ssh_host_key, certificate_expires_in_days, steps, created_at, updated_at)
      values (${newId('healthCheck')}, ${organizationId}, ${id},
        ${isGood ? 'HEALTHY' : 'UNHEALTHY'}, ${report.failure}, ${report.durationMs},
        ${report.serverVersion}, ${report.sshHostKey ?? null},
        ${report.certificateExpiresInDays ?? null}, ${JSON.stringify(report.steps)}, ${at}, ${at})),
    counted as (
      insert into health_hour as h (data_source_id, hour, checks, failed, latencies)
      values (${id}, date_trunc('hour', ${at}::timestamptz, 'UTC'), 1, ${isGood ? 0 : 1},
        ${isGood ? [report.durationMs] : []}::real[])
      on conflict (data_source_id, hour) do update
      set checks = h.checks + 1, failed = h.failed + excluded.failed,
        latencies = h.latencies || excluded.latencies),
    lengthened as (
      update health_span set known_until = ${knownUntil}
      where data_source_id = ${id} and known_until >= ${at}
      returning started_at),
    begun as (
      insert into health_span (data_source_id, started_at, known_until)
      select ${id}, ${at}, ${knownUntil} where not exists (select from lengthened)
      on conflict do nothing)
    update data_source
    set last_health_status = ${status},
      last_healthy_at = case when ${isGood} then ${at} else last_healthy_at end,
      proven_at = case when ${isGood} then coalesce(proven_at, ${at}) else proven_at end,
      check_failures = ${failures}, failing_since = ${failingSince?.toISOString() ?? null},
      last_health_check_attempt_at = ${at}, next_health_check_at = ${nextAt.toISOString()}
    where id = ${id}`.execute(em.getKysely());
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
