import { changeSchedule, type Needs } from './change-schedule.ts';
import type { Schedule, ScheduleRef } from './contract.ts';

/** The schedule counts again. A check is sent at once; a sync that fell due meanwhile comes with the next tick. */
export function resumeSchedule(ctx: Needs, input: ScheduleRef): Promise<Schedule> {
  const { id } = input;
  return changeSchedule(ctx, input, async (row, em) => {
    if (row.pausedAt === null) return null;
    row.pausedAt = null;
    row.pauseReason = null;
    await em.flush();
    await ctx.jobs.send(em, 'check-health', { dataSourceId: id }, { key: id });
    return { action: 'data_source.resumed' };
  });
}
