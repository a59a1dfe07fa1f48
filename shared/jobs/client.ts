import { fromKysely, type PgBoss } from 'pg-boss';
import type { EntityManager } from '../db/orm.ts';
import { queues, type Payload, type QueueName } from './queues.ts';

/** Sends jobs. The job exists when and only when the transaction of `em` commits. */
export interface Jobs {
  /**
   * Returns false when the queue already holds a job of this `key` (see `exclusive` in queues.ts).
   * Throws outside a transaction: a job without its row would be a bug.
   */
  send<Q extends QueueName>(
    em: EntityManager,
    queue: Q,
    payload: Payload<Q>,
    options?: { key?: string; startAfterSeconds?: number },
  ): Promise<boolean>;
}

export function createJobs(boss: PgBoss): Jobs {
  return {
    async send(em, queue, payload, options = {}) {
      if (!em.isInTransaction()) throw new Error(`${queue} sent outside a transaction`);
      const data = queues[queue].payload.parse(payload) ?? {};
      const id = await boss.send(queue, data, {
        db: fromKysely(em.getKysely()),
        ...(options.key === undefined ? {} : { singletonKey: options.key }),
        ...(options.startAfterSeconds === undefined
          ? {}
          : { startAfter: options.startAfterSeconds }),
      });
      return id !== null;
    },
  };
}
