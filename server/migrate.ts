import { pathToFileURL } from 'node:url';
import { PgBoss } from 'pg-boss';
import { createOrm } from '../shared/db/orm.ts';
import { EnvError, readEnv } from '../shared/env.ts';
import { installFairTurns } from './fair-turns.ts';
import { deadLetterOf, queueNames, queueOptions } from '../shared/jobs/queues.ts';

// Any number: all that matters is that no other program locks the same one.
const lockKey = 7_246_315;

/**
 * Brings a database to this version: tables, pg-boss's schema, queues. Run as its own step before
 * the processes start; a second run, at the same time or later, waits and then changes nothing.
 */
export async function migrate({ databaseUrl }: { databaseUrl: string }): Promise<void> {
  const lock = createOrm({ databaseUrl, poolSize: 1 });
  try {
    // Held to the end of this transaction, which itself changes nothing.
    await lock.em.fork().transactional(async (em) => {
      await em.execute('set local idle_in_transaction_session_timeout = 0');
      await em.execute('select pg_advisory_xact_lock(?)', [lockKey]);
      await migrateTables(databaseUrl);
      await migrateQueues(databaseUrl);
      await installFairTurns(em);
    });
  } finally {
    await lock.close(true);
  }
}

async function migrateTables(databaseUrl: string): Promise<void> {
  const orm = createOrm({ databaseUrl, poolSize: 2 });
  try {
    await orm.migrator.up();
  } finally {
    await orm.close(true);
  }
}

async function migrateQueues(databaseUrl: string): Promise<void> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 2,
    supervise: false,
    schedule: false,
  });
  const failed = new Promise<never>((_, reject) => boss.once('error', reject));
  await Promise.race([boss.start(), failed]);
  try {
    for (const name of queueNames) {
      await boss.createQueue(deadLetterOf(name), { policy: 'standard' });
      const options = queueOptions(name);
      await boss.createQueue(name, options);
      const { policy: _, ...changeable } = options;
      await boss.updateQueue(name, changeable);
    }
    await boss.schedule('dispatch-due', '* * * * *', null, { missed: 'once' });
  } finally {
    await boss.stop({ graceful: false });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await migrate({ databaseUrl: readEnv('migrate').DATABASE_URL });
    process.stdout.write('The database is up to date.\n');
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
