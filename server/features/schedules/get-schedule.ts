import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime } from '../../paging/paging.ts';
import type { Schedule, ScheduleRef } from './contract.ts';

/** When a data source is synced and checked next, and how often. */
export async function getSchedule(
  { em }: Pick<CallerContext, 'em'>,
  { orgId, id }: ScheduleRef,
): Promise<Schedule> {
  const row = await em
    .getKysely()
    .selectFrom('data_source')
    .select([
      'sync_interval_seconds',
      'health_interval_seconds',
      'next_sync_at',
      'next_health_check_at',
      'paused_at',
      'pause_reason',
    ])
    .where('id', '=', id)
    .where('organization_id', '=', orgId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw notFound('Data source');
  const { paused_at: since } = row;
  return {
    dataSourceId: id,
    syncIntervalSeconds: row.sync_interval_seconds,
    healthIntervalSeconds: row.health_interval_seconds,
    nextSyncAt: since === null ? isoTime(row.next_sync_at) : null,
    nextHealthCheckAt: since === null ? isoTime(row.next_health_check_at) : null,
    paused: since === null ? null : { since: isoTime(since), reason: row.pause_reason ?? '' },
  };
}
