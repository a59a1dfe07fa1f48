import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { Health } from './contract.ts';

type Windows = Health['uptime'];

const days = { day: 1, week: 7, month: 30 } as const satisfies Record<keyof Windows, number>;

interface Row {
  readonly days: number;
  readonly known: number;
  readonly down: number;
}

/**
 * How much of the time before `at` a data source was up, weighted by time. Known is what its spans
 * cover; down is what incidents cover of that. `at` is now, by the database's clock, when absent.
 */
export async function readUptime(
  em: EntityManager,
  dataSourceId: string,
  at?: Date,
): Promise<Windows> {
  const end = at ? sql`${at.toISOString()}::timestamptz` : sql`now()`;
  const { rows } = await sql<Row>`
    with moment as (select ${end} as at),
    win as (
      select days, at - days * interval '24 hours' as starts_at, at
      from unnest(${Object.values(days)}::int[]) days, moment),
    span as (
      select w.days, greatest(s.started_at, w.starts_at) as a, least(s.known_until, w.at) as b
      from win w
      join health_span s on s.data_source_id = ${dataSourceId}
        and s.known_until > w.starts_at and s.started_at < w.at),
    down as (
      select s.days, greatest(s.a, i.started_at) as a, least(s.b, coalesce(i.ended_at, s.b)) as b
      from span s
      join health_incident i on i.data_source_id = ${dataSourceId}
        and i.started_at < s.b and (i.ended_at is null or i.ended_at > s.a))
    select w.days,
      coalesce((select sum(extract(epoch from b - a)) from span s where s.days = w.days), 0)::float8
        as known,
      coalesce((select sum(extract(epoch from b - a)) from down d where d.days = w.days), 0)::float8
        as down
    from win w`.execute(em.getKysely());
  const of = (wanted: number): Windows['day'] => {
    const { known = 0, down = 0 } = rows.find((row) => row.days === wanted) ?? {};
    const ratio = known > 0 ? (known - down) / known : null;
    return { ratio, knownSeconds: known, downSeconds: down };
  };
  return { day: of(days.day), week: of(days.week), month: of(days.month) };
}
