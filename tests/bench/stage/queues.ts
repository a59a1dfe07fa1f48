import { enqueueSync } from '../../../server/features/data-sources/enqueue-sync.ts';
import { createOrm } from '../../../shared/db/orm.ts';
import { createSendingBoss } from '../../../shared/jobs/boss.ts';
import { createJobs } from '../../../shared/jobs/client.ts';
import type { BenchRun } from '../bench.ts';

/** The product's queues, fed as the API and the scheduler feed them. */
export interface Queues {
  /** Has each of these data sources checked once. */
  sendChecks(dataSourceIds: readonly string[]): Promise<void>;
  /** Asks for a sync and answers the id of its run. */
  sendSync(source: { orgId: string; id: string }): Promise<string>;
}

export async function openQueues(run: BenchRun, databaseUrl: string): Promise<Queues> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  run.stack.defer(() => orm.close(true));
  const boss = createSendingBoss(databaseUrl);
  await boss.start();
  run.stack.defer(() => boss.stop({ graceful: false }));
  const jobs = createJobs(boss);
  return {
    async sendChecks(ids) {
      const wanted = ids.map((id) => ({ data: { dataSourceId: id }, singletonKey: id }));
      await boss.insert('check-health', wanted);
    },
    sendSync: ({ orgId, id }) =>
      orm.em
        .fork()
        .transactional((em) =>
          enqueueSync(em, jobs, { orgId, dataSourceId: id, trigger: 'requested' }),
        ),
  };
}
