import type pg from 'pg';
import { pino } from 'pino';
import { migrate } from '../../../server/migrate.ts';
import { readKey } from '../../../shared/env.ts';
import { createOrm } from '../../../shared/db/orm.ts';
import { createSendingBoss } from '../../../shared/jobs/boss.ts';
import { createJobs } from '../../../shared/jobs/client.ts';
import { databaseUrl } from '../../support/database-url.ts';
import { connectorFor } from '../../../workers/connectors/index.ts';
import { dispatchHealthChecks } from '../../../workers/dispatch-due/dispatch-health-checks.ts';
import { dispatchSyncs } from '../../../workers/dispatch-due/dispatch-syncs.ts';
import { createEgressPolicy } from '../../../workers/egress/policy.ts';
import { budgetFor } from '../../../workers/memory/memory-budget.ts';
import { createVault } from '../../../workers/vault/open.ts';
import type { WorkerContext } from '../../../workers/worker-context.ts';
import type { BenchRun } from '../bench.ts';
import { withClient } from './customer.ts';
import type { Installation } from './installation.ts';

/** A control plane of its own with very many data sources, none of which is due. */
export interface Scheduler {
  /** Makes as many due; milliseconds to send their checks and syncs, as a tick of a worker does. */
  dispatchMs(due: number): Promise<number>;
}

/** The handler's own batch, see workers/dispatch-due/handler.ts. */
const batchSize = 500;

export async function makeScheduler(
  run: BenchRun,
  installation: Installation,
  sources: number,
): Promise<Scheduler> {
  const name = `bench_${sources}`;
  await withClient(installation.superuserUrl, (admin) => admin.query(`create database ${name}`));
  const url = databaseUrl(installation.superuserUrl, name);
  await migrate({ databaseUrl: url });
  await withClient(url, (client) => fill(client, sources));
  const worker = await openWorker(run, installation, url);
  return {
    async dispatchMs(due) {
      await withClient(url, (client) => makeDue(client, due));
      const startedAt = performance.now();
      const checks = await dispatchAll(dispatchHealthChecks, worker);
      const syncs = await dispatchAll(dispatchSyncs, worker);
      const tookMs = performance.now() - startedAt;
      if (checks !== due || syncs !== due) throw new Error(`${checks} and ${syncs} of ${due} sent`);
      return tookMs;
    },
  };
}

async function dispatchAll(
  doBatch: (worker: WorkerContext, limit: number) => Promise<number>,
  worker: WorkerContext,
): Promise<number> {
  for (let sum = 0; ;) {
    const rows = await doBatch(worker, batchSize);
    sum += rows;
    if (rows < batchSize) return sum;
  }
}

async function openWorker(
  run: BenchRun,
  { keys }: Installation,
  url: string,
): Promise<WorkerContext> {
  const orm = createOrm({ databaseUrl: url, poolSize: 2 });
  run.stack.defer(() => orm.close(true));
  const boss = createSendingBoss(url);
  await boss.start();
  run.stack.defer(() => boss.stop({ graceful: false }));
  const publicKey = readKey('VAULT_PUBLIC_KEY_FILE', keys.vaultPublicKey);
  const privateKey = readKey('VAULT_PRIVATE_KEY_FILE', keys.vaultPrivateKey);
  return {
    orm,
    boss,
    jobs: createJobs(boss),
    vault: await createVault([{ publicKey, privateKey }]),
    egress: createEgressPolicy({ allowCidrs: [], ownEndpoints: [] }),
    memory: budgetFor(1),
    connectorFor: (dialect) => connectorFor(dialect, {}),
    mailer: null,
    webhookRoute: {},
    log: pino({ level: 'silent' }),
  };
}

/** Due times spread over the next day and the next five minutes, an hour away at least. */
async function fill(client: pg.Client, sources: number): Promise<void> {
  await client.query(`
    insert into organization (id, name, slug, created_at, updated_at)
    values ('org_bench', 'Bench', 'bench', now(), now())`);
  await client.query(
    `insert into data_source (id, organization_id, display_name, dialect, connection,
       last_healthy_at, last_health_check_attempt_at, next_sync_at, next_health_check_at,
       created_at, updated_at)
     select 'ds_' || md5(n::text), 'org_bench', 'Source ' || n, 'POSTGRES', '{}', now(), now(),
       now() + interval '1 hour' + random() * interval '1 day',
       now() + interval '1 hour' + random() * interval '5 minutes', now(), now()
     from generate_series(1, $1::int) n`,
    [sources],
  );
  await client.query('vacuum analyze data_source');
}

async function makeDue(client: pg.Client, due: number): Promise<void> {
  await client.query('delete from pgboss.job');
  await client.query('delete from sync_run');
  await client.query(
    `update data_source set next_sync_at = now() - interval '1 minute',
       next_health_check_at = now() - interval '1 minute'
     where id in (select id from data_source order by md5(id || random()::text) limit $1)`,
    [due],
  );
  await client.query('vacuum analyze data_source, pgboss.job, sync_run');
  await client.query('checkpoint');
}
