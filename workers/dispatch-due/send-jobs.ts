import { fromKysely } from 'pg-boss';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Payload } from '../../shared/jobs/queues.ts';
import type { WorkerContext } from '../worker-context.ts';

type Scheduled = 'sync-schema' | 'check-health';

/** Sends one job per data source in one statement. Where one is queued or at work, none is added. */
export async function sendJobs<Q extends Scheduled>(
  { boss }: Pick<WorkerContext, 'boss'>,
  em: EntityManager,
  queue: Q,
  payloads: readonly Payload<Q>[],
): Promise<void> {
  if (payloads.length === 0) return;
  const jobs = payloads.map((data) => ({ data, singletonKey: data.dataSourceId }));
  await boss.insert(queue, jobs, { db: fromKysely(em.getKysely()) });
}
