import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { changeSchedule, type Needs } from './change-schedule.ts';
import type { PauseSchedule, Schedule } from './contract.ts';

/**
 * From now on nothing is sent by the schedule, and the result of a check that is under way is not
 * taken. A sync that has been sent goes on to its end. Pausing again replaces the reason alone.
 */
export function pauseSchedule(ctx: Needs, input: PauseSchedule): Promise<Schedule> {
  const { reason } = input;
  return changeSchedule(ctx, input, async (row, em) => {
    if (row.pauseReason === reason) return null;
    const now = ctx.clock.now();
    if (row.pausedAt === null) await endKnownTime(em, row.id, now);
    row.pausedAt ??= now;
    row.pauseReason = reason;
    return { action: 'data_source.paused', details: { reason } };
  });
}

/** The status of what nobody looks at is unknown from this moment on. */
async function endKnownTime(em: EntityManager, id: string, now: Date): Promise<void> {
  const at = now.toISOString();
  await sql`
    update health_span set known_until = greatest(started_at, ${at}::timestamptz)
    where data_source_id = ${id} and known_until > ${at}`.execute(em.getKysely());
}
