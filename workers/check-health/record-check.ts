import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import { nextHealthCheckAfter } from '../../shared/schedule.ts';
import type { LoadedDataSource } from '../load-data-source.ts';

/** Adds a check to the history of a data source and brings its status up to date, in one statement. */
export async function recordCheck(
  em: EntityManager,
  source: LoadedDataSource,
  report: ProbeReport,
  now: Date,
): Promise<void> {
  const status = report.failure ? 'UNHEALTHY' : 'HEALTHY';
  const at = now.toISOString();
  await sql`
    with recorded as (
      insert into health_check (id, organization_id, data_source_id, status, failure, duration_ms,
        server_version, ssh_host_key, certificate_expires_in_days, steps, created_at, updated_at)
      values (${newId('healthCheck')}, ${source.organizationId}, ${source.id}, ${status},
        ${report.failure}, ${report.durationMs}, ${report.serverVersion},
        ${report.sshHostKey ?? null}, ${report.certificateExpiresInDays ?? null},
        ${JSON.stringify(report.steps)}, ${at}, ${at}))
    update data_source
    set last_health_status = ${status},
      last_healthy_at = case when ${report.failure === null} then ${at} else last_healthy_at end,
      last_health_check_attempt_at = ${at},
      next_health_check_at = ${nextHealthCheckAfter(now).toISOString()}
    where id = ${source.id}`.execute(em.getKysely());
}

/** What the check before this one failed with; null when it did not, or there was none. */
export async function lastFailure(
  em: EntityManager,
  { id }: Pick<LoadedDataSource, 'id'>,
): Promise<string | null> {
  const { rows } = await sql<{ failure: string | null }>`
    select failure from health_check where data_source_id = ${id} order by id desc limit 1`.execute(
    em.getKysely(),
  );
  return rows[0]?.failure ?? null;
}
