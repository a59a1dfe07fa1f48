import { sql, type RawBuilder } from 'kysely';
import { newId } from '../../shared/ids.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import { jitter } from '../../shared/schedule.ts';
import type { HealthState } from './health-state.ts';

// The tick that sends the next check comes once a minute, and a check may take one; twice the wait
// lets a single one be lost without a gap.
const grace = sql`interval '2 minutes'`;

/** SQL for the wait until the next check, an interval of whole milliseconds: `seconds` with jitter. */
export const waitOf = (seconds: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  round(${seconds} * (${1_000 * jitter()})::float8) * interval '1 millisecond'`;

/**
 * Everything that every check changes, as common table expressions for one statement: its history,
 * the hour's numbers, the time of which the status is known, the status. `checked` selects the `id`
 * and `organization_id` of the data source, the time `at` of the check and the `wait` for the next
 * one; where it selects nothing, nothing is written. The last expression, `effect`, has its row.
 */
export function writeCheck(
  checked: RawBuilder<unknown>,
  report: ProbeReport,
  { status, failures, failingSince }: HealthState,
): RawBuilder<unknown> {
  const isGood = report.failure === null;
  return sql`
    checked as materialized (${checked}),
    recorded as (
      insert into health_check (id, organization_id, data_source_id, status, failure, duration_ms,
        server_version, ssh_host_key, certificate_expires_in_days, steps, created_at, updated_at)
      select ${newId('healthCheck')}, organization_id, id, ${isGood ? 'HEALTHY' : 'UNHEALTHY'},
        ${report.failure}, ${report.durationMs}::float8, ${report.serverVersion},
        ${report.sshHostKey ?? null}, ${report.certificateExpiresInDays ?? null}::integer,
        ${JSON.stringify(report.steps)}::jsonb, at, at from checked),
    counted as (
      insert into health_hour as h (data_source_id, hour, checks, failed, latencies)
      select id, date_trunc('hour', at, 'UTC'), 1, ${isGood ? 0 : 1}::integer,
        ${isGood ? [report.durationMs] : []}::real[] from checked
      on conflict (data_source_id, hour) do update
      set checks = h.checks + 1, failed = h.failed + excluded.failed,
        latencies = h.latencies || excluded.latencies),
    lengthened as (
      update health_span s set known_until = at + 2 * wait + ${grace} from checked
      where s.data_source_id = checked.id and s.known_until >= at
      returning s.started_at),
    begun as (
      insert into health_span (data_source_id, started_at, known_until)
      select id, at, at + 2 * wait + ${grace} from checked where not exists (select from lengthened)
      on conflict do nothing),
    effect as (
      update data_source d
      set last_health_status = ${status},
        last_healthy_at = case when ${isGood}::boolean then at else d.last_healthy_at end,
        proven_at = case when ${isGood}::boolean then coalesce(d.proven_at, at) else d.proven_at end,
        check_failures = ${failures}::integer,
        failing_since = ${failingSince?.toISOString() ?? null}::timestamptz,
        last_health_check_attempt_at = at, next_health_check_at = at + wait
      from checked where d.id = checked.id
      returning d.id)`;
}
