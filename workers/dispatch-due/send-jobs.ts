import { fromKysely } from 'pg-boss';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Payload } from '../../shared/jobs/queues.ts';
import type { WorkerContext } from '../worker-context.ts';

type Scheduled = 'sync-schema' | 'check-health';

/** A job about a data source of an organization. */
interface Job<Q extends Scheduled> {
  readonly organizationId: string;
  readonly payload: Payload<Q>;
}

/** Sends one job per data source in one statement. Where one is queued or at work, none is added. */
export async function sendJobs<Q extends Scheduled>(
  { boss }: Pick<WorkerContext, 'boss'>,
  em: EntityManager,
  queue: Q,
  wanted: readonly Job<Q>[],
): Promise<void> {
  if (wanted.length === 0) return;
  const jobs = wanted.map(({ organizationId, payload }) => ({
    data: payload,
    singletonKey: payload.dataSourceId,
    group: { id: organizationId },
  }));
  await boss.insert(queue, jobs, { db: fromKysely(em.getKysely()) });
}
