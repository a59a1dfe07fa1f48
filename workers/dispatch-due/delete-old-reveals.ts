import { sql } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/** Removes what was asked to be revealed by an API that died before it took the answer. */
export async function deleteOldReveals({ orm }: WorkerContext, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from credential_reveal where id = any (array(
      select id from credential_reveal where expires_at < now() limit ${limit}
      for update skip locked))`.execute(orm.em.getKysely());
  return Number(numAffectedRows ?? 0);
}
