import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/** Removes counters of tries and requests whose window is over. */
export function deleteOldCounters(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'rate_limit', sql`window_ends_at < now()`, limit);
}

/** Removes answers whose retries are no longer recognised. */
export function deleteOldAnswers(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'idempotency_key', sql`expires_at < now()`, limit);
}

/** Removes counts of keys' usage of more than 90 days ago. */
export function deleteOldUsage(worker: WorkerContext, limit: number): Promise<number> {
  const isOld = sql<SqlBool>`day < (now() at time zone 'UTC')::date - 90`;
  return deleteOld(worker, 'api_key_usage', isOld, limit);
}

/** Removes sessions whose last refresh token expired more than 30 days ago. */
export function deleteOldSessions(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'user_session', sql`expires_at < now() - interval '30 days'`, limit);
}

/** Removes what is remembered of the health of hours that ended more than 400 days ago. */
export function deleteOldHours(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'health_hour', sql`hour < now() - interval '400 days'`, limit);
}

/** Removes stretches of known health that ended more than 400 days ago. */
export function deleteOldSpans(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'health_span', sql`known_until < now() - interval '400 days'`, limit);
}

/** Removes incidents that ended more than 400 days ago; one that goes on stays. */
export function deleteOldIncidents(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'health_incident', sql`ended_at < now() - interval '400 days'`, limit);
}

/** Removes what webhooks were told more than 30 days ago, with its deliveries. */
export function deleteOldEvents(worker: WorkerContext, limit: number): Promise<number> {
  return deleteOld(worker, 'webhook_event', sql`created_at < now() - interval '30 days'`, limit);
}

// By ctid: a row that is renewed meanwhile is another one by then, and stays.
async function deleteOld(
  { orm }: WorkerContext,
  table: string,
  isOld: RawBuilder<SqlBool>,
  limit: number,
): Promise<number> {
  const deleted = await sql`
    delete from ${sql.table(table)} where ctid = any (array(
      select ctid from ${sql.table(table)} where ${isOld} limit ${limit}))`.execute(
    orm.em.getKysely(),
  );
  return Number(deleted.numAffectedRows ?? 0);
}
