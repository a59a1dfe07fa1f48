import { sql } from 'kysely';
import { oldestIdOf } from '../../shared/ids.ts';
import { nowMs, toTime } from '../database-time.ts';
import type { WorkerContext } from '../worker-context.ts';

const keptMs = 30 * 24 * 60 * 60 * 1_000;

/** Removes health checks of more than 30 days ago. Ids are made of time, so their index finds them. */
export async function deleteOldChecks({ orm }: WorkerContext, limit: number): Promise<number> {
  const db = orm.em.getKysely();
  const { rows } = await sql<{ now_ms: number }>`select ${nowMs} as now_ms`.execute(db);
  const [clock] = rows;
  if (!clock) return 0;
  const oldestKept = oldestIdOf('healthCheck', new Date(toTime(clock).getTime() - keptMs));
  const deleted = await sql`
    delete from health_check where id = any (array(
      select id from health_check where id < ${oldestKept} order by id limit ${limit}))`.execute(
    db,
  );
  return Number(deleted.numAffectedRows ?? 0);
}
