import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { WorkerContext } from '../worker-context.ts';

interface Due {
  readonly data_source_id: string;
  /** What ended before is older than the organization keeps it. */
  readonly horizon: string;
}

/**
 * Removes versions of tables that ended longer ago than their organization keeps them. A current
 * version has not ended, so it stays whatever its age. Costs what is due, not what there is.
 */
export async function deleteOldVersions(
  { orm }: Pick<WorkerContext, 'orm'>,
  limit: number,
): Promise<number> {
  return orm.em.fork().transactional(async (em) => {
    const due = await lockDue(em);
    if (!due) return 0;
    const deleted = await deleteVersions(em, due, limit);
    // Another source may be due as well, so a turn that found little still counts as a whole batch.
    await planNext(em, due, deleted < limit);
    return limit;
  });
}

/** The history that has waited longest. One that somebody else holds is theirs. */
async function lockDue(em: EntityManager): Promise<Due | undefined> {
  const { rows } = await sql<Due>`
    select h.data_source_id, now() - o.catalog_history_days * interval '1 day' as horizon
    from catalog_history h
      join data_source d on d.id = h.data_source_id
      join organization o on o.id = d.organization_id
    where h.due_at <= now() order by h.due_at limit 1
    for update of h skip locked`.execute(em.getKysely());
  return rows[0];
}

async function deleteVersions(em: EntityManager, due: Due, limit: number): Promise<number> {
  const { rows } = await sql<{ deleted: string; known_since: string | null }>`
    with deleted as (
      delete from catalog_table where ctid = any (array(
        select ctid from catalog_table
        where data_source_id = ${due.data_source_id} and valid_to < ${due.horizon}
        order by valid_to limit ${limit}))
      returning valid_to)
    select count(*) as deleted, max(valid_to) as known_since from deleted`.execute(em.getKysely());
  const [{ deleted, known_since: knownSince } = { deleted: 0, known_since: null }] = rows;
  if (knownSince !== null) {
    await sql`
      update catalog_history set known_since = ${knownSince}
      where data_source_id = ${due.data_source_id}`.execute(em.getKysely());
  }
  return Number(deleted);
}

/** Due again at once while there is more, else when the oldest version that is left will be old. */
async function planNext(em: EntityManager, due: Due, isDone: boolean): Promise<void> {
  if (!isDone) return;
  await sql`
    update catalog_history set due_at = (
      select min(valid_to) + (now() - ${due.horizon}::timestamptz) from catalog_table
      where data_source_id = ${due.data_source_id} and valid_to is not null)
    where data_source_id = ${due.data_source_id}`.execute(em.getKysely());
}
