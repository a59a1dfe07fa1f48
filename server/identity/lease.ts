import { sql } from 'kysely';
import type { Orm } from '../../shared/db/orm.ts';
import type { Limit } from './limiter.ts';

/** What PostgreSQL gave of a quota: the one place where it is counted. */
export interface Grant {
  /** How many requests may be let through for it; 0 when the quota of this window is used up. */
  readonly granted: number;
  /** How many have been given in this window, to all processes. */
  readonly count: number;
  /** Names the window: its end, in milliseconds since the epoch by the database's clock. */
  readonly window: string;
  readonly endsInMs: number;
}

/** Of what is left, this part at a time: 60 are taken as 7, 6, 5 ... and the last seven one by one. */
const part = 8;

/**
 * Takes a portion of what is left of a quota, or a single request of it. Portions shrink as the
 * limit comes near, so what one process holds and does not use is little. When nothing is left,
 * all processes are asked by NOTIFY to give back what they hold.
 */
export async function takeLease(
  orm: Orm,
  key: string,
  { limit, windowSeconds }: Limit,
  wanted: 'portion' | 'one',
): Promise<Grant> {
  const portion =
    wanted === 'one' ? sql`1` : sql`greatest(1, (${limit} - r.count) / ${sql.lit(part)})`;
  const first = wanted === 'one' ? 1 : Math.max(1, Math.floor(limit / part));
  const given = sql`greatest(0, least(${limit} - r.count, ${portion}))`;
  const isOver = sql`r.window_ends_at <= now()`;
  const { rows } = await sql<{
    granted: number;
    count: number;
    window: string;
    ends_in_ms: string;
  }>`
    with taken as (
      insert into rate_limit as r (key, window_ends_at, count, granted)
      values (${key}, now() + make_interval(secs => ${windowSeconds}), ${first}, ${first})
      on conflict (key) do update set
        count = case when ${isOver} then excluded.count else r.count + ${given} end,
        granted = case when ${isOver} then excluded.granted else ${given} end,
        window_ends_at = case when ${isOver} then excluded.window_ends_at else r.window_ends_at end
      returning granted, count, window_ends_at)
    select granted, count, (extract(epoch from window_ends_at) * 1000)::bigint as window,
      ceil(extract(epoch from window_ends_at - now()) * 1000) as ends_in_ms,
      case when granted = 0 then pg_notify('basekeep_quota', ${key}) end
    from taken`.execute(orm.em.getKysely());
  const [row] = rows;
  if (!row) throw new Error('a quota was neither found nor made');
  return {
    granted: row.granted,
    count: row.count,
    window: String(row.window),
    endsInMs: Number(row.ends_in_ms),
  };
}

/** Puts back what was taken and not used, unless its window is over. */
export async function giveBack(
  orm: Orm,
  key: string,
  window: string,
  unused: number,
): Promise<void> {
  await sql`
    update rate_limit set count = greatest(0, count - ${unused}), granted = 0
    where key = ${key} and window_ends_at > now()
      and (extract(epoch from window_ends_at) * 1000)::bigint = ${window}`.execute(
    orm.em.getKysely(),
  );
}
