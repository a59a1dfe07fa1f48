import { sql } from 'kysely';
import { fromKysely, type PgBoss } from 'pg-boss';
import type { EntityManager } from '../db/orm.ts';
import { queues, type Payload, type QueueName } from './queues.ts';

/** Sends jobs. The job exists when and only when the transaction of `em` commits. */
export interface Jobs {
  /**
   * Returns false when the queue already holds a job of this `key` (see `exclusive` in queues.ts).
   * Throws outside a transaction: a job without its row would be a bug. Organizations take turns, so
   * each job says whose it is: see server/fair-turns.ts.
   */
  send<Q extends QueueName>(
    em: EntityManager,
    queue: Q,
    payload: Payload<Q>,
    options: { organizationId: string; key?: string; startAfterSeconds?: number },
  ): Promise<boolean>;

  /**
   * Cancels the job of this `key` that is queued or at work, when the transaction commits; whoever
   * works on it has lost it then. Call it before the data source is locked: workers lock the job first.
   */
  cancel(em: EntityManager, queue: QueueName, key: string): Promise<void>;
  /** Whether a job of this key is queued or at work. */
  isQueued(em: EntityManager, queue: QueueName, key: string): Promise<boolean>;
}

export function createJobs(boss: PgBoss): Jobs {
  return {
    async send(em, queue, payload, options) {
      if (!em.isInTransaction()) throw new Error(`${queue} sent outside a transaction`);
      const data = queues[queue].payload.parse(payload) ?? {};
      const id = await boss.send(queue, data, {
        db: fromKysely(em.getKysely()),
        group: { id: options.organizationId },
        ...(options.key === undefined ? {} : { singletonKey: options.key }),
        ...(options.startAfterSeconds === undefined
          ? {}
          : { startAfter: options.startAfterSeconds }),
      });
      return id !== null;
    },

    async isQueued(em, queue, key) {
      const { rows } = await sql`
        select from pgboss.job
        where name = ${queue} and singleton_key = ${key} and state <= 'active'`.execute(
        em.getKysely(),
      );
      return rows.length > 0;
    },

    async cancel(em, queue, key) {
      const { rows } = await sql<{ id: string }>`
        select id from pgboss.job
        where name = ${queue} and singleton_key = ${key} and state <= 'active'
        for update`.execute(em.getKysely());
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) await boss.cancel(queue, ids, { db: fromKysely(em.getKysely()) });
    },
  };
}
