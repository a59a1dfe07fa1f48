import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime } from '../../paging/paging.ts';
import type { Health } from './contract.ts';
import { selectIncidents, toIncident } from './list-incidents.ts';
import { readUptime } from './read-uptime.ts';
import { selectChecks, toCheck } from './select-checks.ts';

/** Whether a data source can be used right now, as far as the latest checks know, and how it was. */
export async function getHealth(
  { em }: Pick<CallerContext, 'em'>,
  { orgId, id }: { orgId: string; id: string },
): Promise<Health> {
  const source = await em
    .getKysely()
    .selectFrom('data_source')
    .select([
      'last_health_status',
      'last_healthy_at',
      'next_health_check_at',
      'check_failures',
      'paused_at',
      'connection',
      'ssh_host_key',
    ])
    .where('id', '=', id)
    .where('organization_id', '=', orgId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!source) throw notFound('Data source');
  const check = await selectChecks(em, id).orderBy('id', 'desc').limit(1).executeTakeFirst();
  const incident = await selectIncidents(em, id).where('ended_at', 'is', null).executeTakeFirst();
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
    lastCheck: check ? toCheck(check) : null,
    failuresInARow: source.check_failures,
    incident: incident ? toIncident(incident) : null,
    isPaused: source.paused_at !== null,
    uptime: await readUptime(em, id),
  };
}
