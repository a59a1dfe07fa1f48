import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { nextAfter } from '../../shared/schedule.ts';
import { nowMs, toTime } from '../database-time.ts';

export interface DueSource {
  readonly id: string;
  readonly organizationId: string;
  /** The database's time. */
  readonly now: Date;
  readonly intervalSeconds: number;
}

const columns = {
  sync: { dueAt: sql.ref('next_sync_at'), interval: sql.ref('sync_interval_seconds') },
  health: { dueAt: sql.ref('next_health_check_at'), interval: sql.ref('health_interval_seconds') },
} as const;

/**
 * Locks data sources of which a sync or a check is due, the longest due first, and moves their time
 * forward. Those that somebody else holds are left to the next tick. Costs what is due, not what
 * there is.
 */
export async function takeDue(
  em: EntityManager,
  what: keyof typeof columns,
  limit: number,
): Promise<DueSource[]> {
  const due = await selectDue(em, what, limit);
  if (due.length === 0) return [];
  const ids = due.map(({ id }) => id);
  const times = due.map(({ now, intervalSeconds }) =>
    nextAfter(now, intervalSeconds).toISOString(),
  );
  await sql`
    update data_source d set ${columns[what].dueAt} = due.at
    from unnest(${ids}::text[], ${times}::timestamptz[]) due(id, at)
    where d.id = due.id`.execute(em.getKysely());
  return due;
}

interface Row {
  readonly id: string;
  readonly organization_id: string;
  readonly interval_seconds: number;
  readonly now_ms: number;
}

async function selectDue(
  em: EntityManager,
  what: keyof typeof columns,
  limit: number,
): Promise<DueSource[]> {
  const { dueAt, interval } = columns[what];
  const { rows } = await sql<Row>`
    select id, organization_id, ${interval} as interval_seconds, ${nowMs} as now_ms from data_source
    where deleted_at is null and paused_at is null and ${dueAt} <= now()
    order by ${dueAt} limit ${limit}
    for update skip locked`.execute(em.getKysely());
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organization_id,
    now: toTime(row),
    intervalSeconds: row.interval_seconds,
  }));
}
