import { sql } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/** Removes the figures of workers that stopped reporting without saying goodbye. */
export async function deleteOldMetrics({ orm }: WorkerContext): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from worker_metrics where reported_at < now() - interval '1 minute'`.execute(
    orm.em.getKysely(),
  );
  return Number(numAffectedRows ?? 0);
}
