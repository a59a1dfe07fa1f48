import { sql } from 'kysely';
import type { CallerContext } from '../../context.ts';
import { isoTime } from '../../paging/paging.ts';
import type { GetLatency, Latency } from './contract.ts';

interface Row {
  readonly starts_at: string;
  readonly checks: number;
  readonly failed: number;
  readonly percentiles: readonly number[] | null;
}

/**
 * How long good checks took, by hour or by day. Exact, also of a day: every latency is kept with its
 * hour, for 400 days.
 */
export async function getLatency(
  { em }: Pick<CallerContext, 'em'>,
  { id, by, count }: GetLatency,
): Promise<Latency> {
  const length = by === 'hour' ? sql`interval '1 hour'` : sql`interval '24 hours'`;
  const { rows } = await sql<Row>`
    select p.*, l.percentiles
    from (
      select date_trunc(${by}, hour, 'UTC') as starts_at,
        sum(checks)::int as checks, sum(failed)::int as failed
      from health_hour
      where data_source_id = ${id}
        and hour >= date_trunc(${by}, now(), 'UTC') - (${count - 1} * ${length})
      group by 1) p
    left join lateral (
      select percentile_cont(array[0.5, 0.95, 0.99]) within group (order by ms::float8) as percentiles
      from health_hour h, unnest(h.latencies) ms
      where h.data_source_id = ${id}
        and h.hour >= p.starts_at and h.hour < p.starts_at + ${length}) l on true
    order by p.starts_at desc`.execute(em.getKysely());
  return { dataSourceId: id, by, periods: rows.map(toPeriod) };
}

function toPeriod({ starts_at, checks, failed, percentiles }: Row): Latency['periods'][number] {
  const [p50Ms = null, p95Ms = null, p99Ms = null] = percentiles ?? [];
  return { startsAt: isoTime(starts_at), checks, failed, p50Ms, p95Ms, p99Ms };
}
