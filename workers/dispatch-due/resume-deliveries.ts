import { sql } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/**
 * Sends the jobs of deliveries that are overdue and have none: their workers died at every try, or an
 * operator removed them. A delivery and its job are written in one transaction, so one without a job
 * is never just too early; two minutes are for one that is being ended.
 */
export async function resumeDeliveries(
  { orm, jobs }: WorkerContext,
  limit: number,
): Promise<number> {
  return orm.em.fork().transactional(async (em) => {
    const { rows } = await sql<{ id: string }>`
      select d.id from webhook_delivery d
      where d.status = 'PENDING' and d.next_attempt_at < now() - interval '2 minutes'
        and not exists (
          select 1 from pgboss.job j
          where j.name = 'deliver-webhook' and coalesce(j.singleton_key, '') = d.id
            and j.state <= 'active' and j.policy = 'exclusive')
      order by d.next_attempt_at limit ${limit} for update skip locked`.execute(em.getKysely());
    for (const { id } of rows) {
      await jobs.send(em, 'deliver-webhook', { deliveryId: id }, { key: id });
    }
    return rows.length;
  });
}
