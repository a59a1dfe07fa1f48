import { explainFailure } from '../../../shared/connection-failures.ts';
import { notFound } from '../../../shared/errors.ts';
import { explainSteps } from '../../../shared/probe.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime } from '../../paging.ts';
import type { Health } from './contract.ts';

/** Whether a data source can be used right now, as far as the latest check knows. */
export async function getHealth(
  ctx: Pick<CallerContext, 'em'>,
  { orgId, id }: { orgId: string; id: string },
): Promise<Health> {
  const db = ctx.em.getKysely();
  const source = await db
    .selectFrom('data_source')
    .select([
      'last_health_status',
      'last_healthy_at',
      'next_health_check_at',
      'connection',
      'ssh_host_key',
    ])
    .where('id', '=', id)
    .where('organization_id', '=', orgId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!source) throw notFound('Data source');
  const check = await db
    .selectFrom('health_check')
    .select([
      'created_at',
      'duration_ms',
      'server_version',
      'failure',
      'steps',
      'ssh_host_key',
      'certificate_expires_in_days',
    ])
    .where('data_source_id', '=', id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    dataSourceId: id,
    status: source.last_health_status,
    lastHealthyAt: isoTime(source.last_healthy_at),
    nextCheckAt: isoTime(source.next_health_check_at),
    sshHostKey: source.connection.sshEnabled
      ? {
          trusted: source.connection.sshHostKey ?? source.ssh_host_key,
          shown: check?.ssh_host_key ?? null,
        }
      : null,
    lastCheck: check
      ? {
          checkedAt: isoTime(check.created_at),
          durationMs: check.duration_ms,
          serverVersion: check.server_version,
          failure: check.failure && explainFailure(check.failure),
          steps: explainSteps(check.steps),
          certificateExpiresInDays: check.certificate_expires_in_days,
        }
      : null,
  };
}
