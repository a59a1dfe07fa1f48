import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { startSlowLine } from '../support/servers/slow-line.ts';
import type { Bench } from './bench.ts';
import { compare } from './figure.ts';
import { interleave } from './rounds.ts';
import { fillCustomer, makeCustomer, withClient } from './stage/customer.ts';
import { makeInstallation, type Installation } from './stage/installation.ts';
import type { Running } from './stage/process.ts';
import { openQueues, type Queues } from './stage/queues.ts';
import { cpuMs } from './stage/resources.ts';
import { makeSources, makeTenants } from './stage/tenants.ts';

/** There and back. */
const latencyMs = 50;
/** WORKER_CONCURRENCY of each: four of them have to leave a machine of 2 cores waiting for the line. */
const concurrency = 2;

interface Worked {
  readonly perSecond: number;
  readonly cpuPerSyncMs: number;
}

/** One, two and four workers on a backlog of first syncs, each over a slow line. */
export const replicas: Bench = async (run) => {
  const perWorker = run.full ? 60 : 16;
  const installation = await makeInstallation(run);
  const customer = await makeCustomer(run, { tls: false });
  await fillCustomer(customer, { tables: 20, columnsPerTable: 10 });
  const line = await startSlowLine(customer.connection, latencyMs / 2);
  run.stack.defer(() => line.close());
  const api = await installation.startApi();
  const [tenant] = await makeTenants(installation.databaseUrl, 1);
  if (!tenant) throw new Error('no tenant');
  const connection = { ...customer.connection, port: line.port };
  const ids = await makeSources(api.url, tenant, connection, 4 * perWorker);
  await api.stop();

  return withClient(installation.databaseUrl, async (control) => {
    const queues = await openQueues(run, installation.databaseUrl);
    const crew = new Crew(installation);
    const sources = ids.map((id) => ({ orgId: tenant.orgId, id }));
    const work = async (workers: number): Promise<Worked> => {
      await crew.scaleTo(workers);
      // The compiler has seen nothing yet in those that have just begun.
      await drain(control, queues, { crew, sources: sources.slice(0, 4 * workers) });
      return drain(control, queues, { crew, sources: sources.slice(0, perWorker * workers) });
    };
    const sides = { one: () => work(1), two: () => work(2), four: () => work(4) };
    const { one, two, four } = await interleave(run.full ? 6 : 3, sides);
    run.note(`${perWorker} first syncs of 21 tables per worker, ${concurrency} at a time each`);
    run.note(`${latencyMs} ms there and back to the customer; CPU figures are the workers'`);
    const of = (key: keyof Worked, worked: readonly Worked[]) => worked.map((one) => one[key]);
    const rate = (worked: readonly Worked[]) => of('perSecond', worked);
    const cpu = (worked: readonly Worked[]) => of('cpuPerSyncMs', worked);
    return [
      compare('2 workers: syncs', '1/s', rate(two), rate(one), { atLeast: 1.8 }),
      compare('4 workers: syncs', '1/s', rate(four), rate(one), { atLeast: 3.6 }),
      compare('4 workers: CPU of a sync', 'ms', cpu(four), cpu(one)),
    ];
  });
};

/** As many workers as are wanted at the moment. */
class Crew {
  readonly #installation: Installation;
  readonly #workers: Running[] = [];

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  async scaleTo(count: number): Promise<void> {
    await Promise.all(this.#workers.splice(count).map((worker) => worker.stop()));
    while (this.#workers.length < count) {
      const env = { WORKER_CONCURRENCY: String(concurrency) };
      this.#workers.push(this.#installation.startWorker(env));
    }
    await Promise.all(this.#workers.map((worker) => worker.hasSaid('"working"')));
  }

  async assertAlive(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.assertAlive()));
  }

  async cpuMs(): Promise<number> {
    const used = await Promise.all(this.#workers.map(({ pid }) => cpuMs(pid)));
    return used.reduce((sum, ms) => sum + ms, 0);
  }
}

interface Backlog {
  readonly crew: Crew;
  readonly sources: readonly { readonly orgId: string; readonly id: string }[];
}

/** Asks for a sync of each as if there had been none, and waits until all of them have succeeded. */
async function drain(
  control: pg.Client,
  queues: Queues,
  { crew, sources }: Backlog,
): Promise<Worked> {
  await control.query(`
    delete from pgboss.job; delete from sync_run;
    truncate catalog_table, catalog_state, catalog_schema, catalog_column_name, catalog_history`);
  await control.query('vacuum analyze pgboss.job');
  const cpuBefore = await crew.cpuMs();
  const startedAt = performance.now();
  await queues.sendSyncs(sources);
  await untilSynced(control, crew, sources.length);
  const tookMs = performance.now() - startedAt;
  const cpuPerSyncMs = ((await crew.cpuMs()) - cpuBefore) / sources.length;
  return { perSecond: (sources.length * 1_000) / tookMs, cpuPerSyncMs };
}

async function untilSynced(control: pg.Client, crew: Crew, count: number): Promise<void> {
  for (;;) {
    const { rows } = await control.query<{ status: string; runs: number }>(
      'select status, count(*)::int as runs from sync_run group by status',
    );
    const runs = new Map(rows.map(({ status, runs: number }) => [status, number]));
    if (runs.get('SUCCESS') === count) return;
    if (runs.has('FAILED')) throw new Error('a sync has failed');
    await crew.assertAlive();
    await delay(20);
  }
}
