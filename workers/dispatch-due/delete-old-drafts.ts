import { sql } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/** Removes connection drafts, with their sealed secrets, whose request ended without doing so. */
export async function deleteOldDrafts({ orm }: WorkerContext, limit: number): Promise<number> {
  const { rows } = await sql`
    with old as (
      select id from connection_draft where created_at < now() - interval '5 minutes'
      order by created_at limit ${limit} for update skip locked),
    sealed as (
      delete from secret_envelope e using old
      where e.owner_id = old.id and e.owner_type = 'connection_draft')
    delete from connection_draft d using old where d.id = old.id returning d.id`.execute(
    orm.em.getKysely(),
  );
  return rows.length;
}
