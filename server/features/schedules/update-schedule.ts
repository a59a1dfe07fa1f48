import { nextAfter } from '../../../shared/schedule.ts';
import { changeSchedule, type Needs } from './change-schedule.ts';
import type { Schedule, UpdateSchedule } from './contract.ts';

/**
 * Changes intervals. What is due later than the new interval says is brought forward; what is due
 * sooner stays so, and the new interval counts from then on.
 */
export function updateSchedule(ctx: Needs, input: UpdateSchedule): Promise<Schedule> {
  const { orgId: _orgId, id: _id, ...intervals } = input;
  const { syncIntervalSeconds: sync, healthIntervalSeconds: health } = intervals;
  return changeSchedule(ctx, input, async (row) => {
    const now = ctx.clock.now();
    if (sync !== undefined) {
      row.syncIntervalSeconds = sync;
      row.nextSyncAt = sooner(row.nextSyncAt, nextAfter(now, sync));
    }
    if (health !== undefined) {
      row.healthIntervalSeconds = health;
      row.nextHealthCheckAt = sooner(row.nextHealthCheckAt, nextAfter(now, health));
    }
    if (Object.keys(intervals).length === 0) return null;
    return { action: 'data_source.schedule_updated', details: intervals };
  });
}

const sooner = (a: Date, b: Date): Date => (a < b ? a : b);
