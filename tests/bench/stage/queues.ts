import { enqueueSync } from '../../../server/features/data-sources/enqueue-sync.ts';
import { createOrm, type EntityManager } from '../../../shared/db/orm.ts';
import { createSendingBoss } from '../../../shared/jobs/boss.ts';
import { createJobs } from '../../../shared/jobs/client.ts';
import type { BenchRun } from '../bench.ts';

/** The product's queues, fed as the API and the scheduler feed them. */
export interface Queues {
  /** Has each of these data sources checked once. */
  sendChecks(dataSourceIds: readonly string[]): Promise<void>;
  /** Asks for a sync and answers the id of its run. */
  sendSync(source: Source): Promise<string>;
  /** Asks for a sync of each, all in one moment. */
  sendSyncs(sources: readonly Source[]): Promise<void>;
}

interface Source {
  readonly orgId: string;
  readonly id: string;
}

export async function openQueues(run: BenchRun, databaseUrl: string): Promise<Queues> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  run.stack.defer(() => orm.close(true));
  const boss = createSendingBoss(databaseUrl);
  await boss.start();
  run.stack.defer(() => boss.stop({ graceful: false }));
  const jobs = createJobs(boss);
  const ask = (em: EntityManager, { orgId, id }: Source): Promise<string> =>
    enqueueSync(em, jobs, { orgId, dataSourceId: id, trigger: 'requested' });
  return {
    async sendChecks(ids) {
      const wanted = ids.map((id) => ({ data: { dataSourceId: id }, singletonKey: id }));
      await boss.insert('check-health', wanted);
    },
    sendSync: (source) => orm.em.fork().transactional((em) => ask(em, source)),
    async sendSyncs(sources) {
      await orm.em.fork().transactional(async (em) => {
        for (const source of sources) await ask(em, source);
      });
    },
  };
}
