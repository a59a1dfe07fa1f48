import { sql } from 'kysely';
import type { WorkerContext } from '../worker-context.ts';

/** Removes counters of tries whose window is over. */
export async function deleteOldCounters({ orm }: WorkerContext, limit: number): Promise<number> {
  const deleted = await sql`
    delete from rate_limit where key = any (array(
      select key from rate_limit where window_ends_at < now() limit ${limit}))`.execute(
    orm.em.getKysely(),
  );
  return Number(deleted.numAffectedRows ?? 0);
}

/** Removes answers whose retries are no longer recognised. */
export async function deleteOldAnswers({ orm }: WorkerContext, limit: number): Promise<number> {
  const deleted = await sql`
    delete from idempotency_key where id = any (array(
      select id from idempotency_key where expires_at < now() limit ${limit}))`.execute(
    orm.em.getKysely(),
  );
  return Number(deleted.numAffectedRows ?? 0);
}

/** Removes counts of keys' usage of more than 90 days ago. */
export async function deleteOldUsage({ orm }: WorkerContext, limit: number): Promise<number> {
  const deleted = await sql`
    delete from api_key_usage where ctid = any (array(
      select ctid from api_key_usage where day < (now() at time zone 'UTC')::date - 90
      limit ${limit}))`.execute(orm.em.getKysely());
  return Number(deleted.numAffectedRows ?? 0);
}

/** Removes sessions whose last refresh token expired more than 30 days ago. */
export async function deleteOldSessions({ orm }: WorkerContext, limit: number): Promise<number> {
  const deleted = await sql`
    delete from user_session where id = any (array(
      select id from user_session where expires_at < now() - interval '30 days' limit ${limit}))`.execute(
    orm.em.getKysely(),
  );
  return Number(deleted.numAffectedRows ?? 0);
}
