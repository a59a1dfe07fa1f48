import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { nowMs, toTime } from '../database-time.ts';

export interface DueSource {
  readonly id: string;
  readonly organizationId: string;
  /** The database's time. */
  readonly now: Date;
}

/**
 * Locks data sources that are due by `column`, the longest due first, and moves their time forward.
 * Those that somebody else holds are left to the next tick. Costs what is due, not what there is.
 */
export async function takeDue(
  em: EntityManager,
  column: 'next_sync_at' | 'next_health_check_at',
  limit: number,
  nextAfter: (now: Date) => Date,
): Promise<DueSource[]> {
  const due = await selectDue(em, column, limit);
  if (due.length === 0) return [];
  const ids = due.map(({ id }) => id);
  const times = due.map(({ now }) => nextAfter(now).toISOString());
  await sql`
    update data_source d set ${sql.ref(column)} = due.at
    from unnest(${ids}::text[], ${times}::timestamptz[]) due(id, at)
    where d.id = due.id`.execute(em.getKysely());
  return due;
}

async function selectDue(em: EntityManager, column: string, limit: number): Promise<DueSource[]> {
  const { rows } = await sql<{ id: string; organization_id: string; now_ms: number }>`
    select id, organization_id, ${nowMs} as now_ms from data_source
    where deleted_at is null and ${sql.ref(column)} <= now()
    order by ${sql.ref(column)} limit ${limit}
    for update skip locked`.execute(em.getKysely());
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organization_id,
    now: toTime(row),
  }));
}
