import { sql } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/** Removes what syncs staged whose worker died: no attempt lasts an hour, see queues.ts. */
export async function deleteOldStaging({ orm }: WorkerContext, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from catalog_staging where ctid = any (array(
      select ctid from catalog_staging where staged_at < now() - interval '1 hour'
      limit ${limit}))`.execute(orm.em.getKysely());
  return Number(numAffectedRows ?? 0);
}
