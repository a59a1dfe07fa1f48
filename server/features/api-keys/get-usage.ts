import { sql } from 'kysely';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { isoTimeOrNull } from '../../paging/paging.ts';
import type { GetUsage, Usage } from './contract.ts';

/**
 * How often a key was used, per day (UTC) and route, newest day first. What this process has counted
 * is in it; other processes' counts follow within seconds.
 */
export async function getUsage(
  ctx: Pick<CallerContext, 'em' | 'keyUsage'>,
  { orgId, id, days }: GetUsage,
): Promise<Usage> {
  await ctx.keyUsage.flush();
  const db = ctx.em.getKysely();
  const key = await db
    .selectFrom('api_key')
    .select('last_used_at')
    .where('id', '=', id)
    .where('organization_id', '=', orgId)
    .executeTakeFirst();
  if (!key) throw notFound('API key');
  const { rows } = await sql<{ date: string; route: string; count: string }>`
    select day::text as date, route, count from api_key_usage
    where api_key_id = ${id} and day > (now() at time zone 'UTC')::date - ${days}::int
    order by day desc, route`.execute(db);
  const usage = rows.map((row) => ({ ...row, count: Number(row.count) }));
  return {
    id,
    lastUsedAt: isoTimeOrNull(key.last_used_at),
    totalCount: usage.reduce((sum, { count }) => sum + count, 0),
    usage,
  };
}
