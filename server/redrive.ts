import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { fromKysely } from 'pg-boss';
import { createOrm, type EntityManager } from '../shared/db/orm.ts';
import { EnvError, readEnv } from '../shared/env.ts';
import { createSendingBoss } from '../shared/jobs/boss.ts';
import { deadLetterOf, queueNames, type QueueName } from '../shared/jobs/queues.ts';

/**
 * Sends the dead letters of every queue once more, each with all its tries: for an operator who has
 * removed what killed them. A sync's run is pending again with its job. Where a newer job is about the
 * same data source already the dead letter stays, marked as a conflict. Answers how many were sent.
 */
export async function redrive({ databaseUrl }: { databaseUrl: string }): Promise<number> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  const boss = createSendingBoss(databaseUrl);
  boss.on('error', () => undefined);
  try {
    await boss.start();
    let sent = 0;
    for (const queue of queueNames) {
      for (let moved = limit; moved === limit; sent += moved) {
        moved = await orm.em.fork().transactional(async (em) => {
          const options = { limit, db: fromKysely(em.getKysely()) };
          const count = await boss.redrive(deadLetterOf(queue), options);
          if (count > 0) await reopenRuns(em, queue);
          return count;
        });
      }
    }
    return sent;
  } finally {
    await boss.stop({ graceful: false });
    await orm.close(true);
  }
}

const limit = 500;

async function reopenRuns(em: EntityManager, queue: QueueName): Promise<void> {
  if (queue !== 'sync-schema') return;
  await sql`
    with reopened as (
      update sync_run r
      set status = 'PENDING', failure = null, finished_at = null, updated_at = now()
      from pgboss.job j
      where j.name = ${queue} and j.state = 'created' and j.data ->> 'syncRunId' = r.id
        and r.status = 'FAILED'
      returning r.data_source_id)
    update data_source set last_sync_status = 'PENDING'
    where id in (select data_source_id from reopened)`.execute(em.getKysely());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const sent = await redrive({ databaseUrl: readEnv('migrate').DATABASE_URL });
    process.stdout.write(`${sent} dead letters were sent once more.\n`);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
