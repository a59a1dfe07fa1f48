import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { BenchRun } from '../bench.ts';
import { fillCustomer, makeCustomer, withClient, type Customer } from './customer.ts';
import { makeInstallation, type Installation } from './installation.ts';
import type { Running } from './process.ts';
import { openQueues, type Queues } from './queues.ts';
import { makeSources, makeTenants } from './tenants.ts';

/** What the sync benches work on: a customer with a large schema, a worker, nothing else to do. */
export interface SyncStage {
  readonly installation: Installation;
  readonly customer: Customer;
  readonly worker: Running;
  readonly tables: number;
  readonly views: number;
  /** Data sources of the same database that were never synced, the next one with each call. */
  nextSource(): string;
  /** Has a data source synced; milliseconds until the run is over, from the wish to have it. */
  syncMs(control: pg.Client, dataSourceId: string): Promise<number>;
}

const columnsPerTable = 20;

export async function makeSyncStage(run: BenchRun, sources: number): Promise<SyncStage> {
  const tables = run.full ? 10_000 : 2_000;
  const installation = await makeInstallation(run);
  const customer = await makeCustomer(run, { tls: false });
  await fillCustomer(customer, { tables, columnsPerTable });
  const api = await installation.startApi();
  const [tenant] = await makeTenants(installation.databaseUrl, 1);
  if (!tenant) throw new Error('no tenant');
  const ids = await makeSources(api.url, tenant, customer.connection, sources);
  await api.stop();
  run.note(
    `${tables} tables of ${columnsPerTable} columns, without TLS, fsync on in the control plane`,
  );
  // Their creation has asked for syncs and checks: here each is asked for by itself.
  await withClient(installation.databaseUrl, async (control) => {
    await control.query('delete from pgboss.job');
    await control.query('delete from sync_run');
  });
  const worker = installation.startWorker();
  const queues = await openQueues(run, installation.databaseUrl);
  return {
    installation,
    customer,
    worker,
    tables,
    views: tables / 100,
    nextSource() {
      const id = ids.pop();
      if (id === undefined) throw new Error('no data source left');
      return id;
    },
    syncMs: (control, id) => syncMs({ control, worker, queues }, { orgId: tenant.orgId, id }),
  };
}

async function syncMs(
  { control, worker, queues }: { control: pg.Client; worker: Running; queues: Queues },
  source: { orgId: string; id: string },
): Promise<number> {
  const startedAt = performance.now();
  const runId = await queues.sendSync(source);
  for (;;) {
    const status = await statusOf(control, runId);
    if (status === 'SUCCESS') return performance.now() - startedAt;
    if (status === 'FAILED') throw new Error('the sync has failed');
    await worker.assertAlive();
    // Seldom: each look takes one of the machine's two cores from what is measured for a millisecond.
    await delay(20);
  }
}

async function statusOf(control: pg.Client, runId: string): Promise<string> {
  const { rows } = await control.query<{ status: string }>(
    'select status from sync_run where id = $1',
    [runId],
  );
  return rows[0]?.status ?? 'missing';
}
