import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import type { BareJob } from './baselines/bare-checks.ts';
import type { Bench } from './bench.ts';
import { compare } from './figure.ts';
import { interleave } from './rounds.ts';
import { makeCustomer, withClient, type Customer } from './stage/customer.ts';
import { makeInstallation } from './stage/installation.ts';
import type { Running } from './stage/process.ts';
import { openQueues, type Queues } from './stage/queues.ts';
import { cpuMs } from './stage/resources.ts';
import { makeSources, makeTenants } from './stage/tenants.ts';

/** WORKER_CONCURRENCY's default, which makes 8 checks at a time. */
const concurrency = 8;

interface Checked {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Health checks of one worker from the queue, against a bare loop of connect, select 1, close. */
export const health: Bench = async (run) => {
  const installation = await makeInstallation(run);
  const customer = await makeCustomer(run, { tls: true });
  const sources = run.full ? 1_000 : 75;
  const api = await installation.startApi();
  const [tenant] = await makeTenants(installation.databaseUrl, 1);
  if (!tenant) throw new Error('no tenant');
  const ids = await makeSources(api.url, tenant, customer.connection, sources);
  await api.stop();

  const bare = installation.startBaseline(new URL('baselines/bare-checks.ts', import.meta.url));
  const { product, loop } = await withClient(installation.databaseUrl, async (client) => {
    // Creating them has asked for these too; here only checks are wanted.
    await client.query('delete from pgboss.job');
    const queues = await openQueues(run, installation.databaseUrl);
    const worker = installation.startWorker();
    const sides = {
      product: () =>
        measure(worker, sources, () => checkThroughQueue(client, { queues, worker }, ids)),
      loop: () => measure(bare, sources, () => checkBare(bare, customer, sources)),
    };
    await interleave(1, sides);
    return interleave(run.full ? 9 : 15, sides);
  });
  run.note(`${sources} data sources, ${concurrency} at a time on both sides`);
  run.note(
    customer.connection.sslEnabled ? 'TLS on, certificate checked' : 'without TLS: no openssl',
  );
  const of = (read: (checked: Checked) => number) => [product.map(read), loop.map(read)] as const;
  return [
    compare('checks per core', '1/CPU s', ...of((c) => c.perCpuSecond), { atLeast: 0.8 }),
    compare('checks by the clock', '1/s', ...of((c) => c.perSecond)),
  ];
};

async function measure(
  { pid }: Running,
  checks: number,
  work: () => Promise<void>,
): Promise<Checked> {
  const cpuBefore = await cpuMs(pid);
  const startedAt = performance.now();
  await work();
  const tookMs = performance.now() - startedAt;
  const usedMs = (await cpuMs(pid)) - cpuBefore;
  return { perSecond: (checks / tookMs) * 1_000, perCpuSecond: (checks / usedMs) * 1_000 };
}

/** Has every data source checked once, as the scheduler does, and waits until all have been. */
async function checkThroughQueue(
  client: pg.Client,
  { queues, worker }: { queues: Queues; worker: Running },
  sources: readonly string[],
): Promise<void> {
  await client.query('delete from health_check');
  await queues.sendChecks(sources);
  for (;;) {
    await worker.assertAlive();
    const { rows } = await client.query<{ waiting: string; healthy: string }>(`
      select
        (select count(*) from pgboss.job where name = 'check-health' and state < 'completed') as waiting,
        (select count(*) from health_check where status = 'HEALTHY') as healthy`);
    const [now] = rows;
    if (now?.waiting === '0') {
      if (now.healthy === String(sources.length)) return;
      throw new Error(`only ${now.healthy} of ${sources.length} checks were healthy`);
    }
    await delay(10);
  }
}

async function checkBare({ child }: Running, customer: Customer, checks: number): Promise<void> {
  const { connection } = customer;
  child.send({ connection, checks, concurrency } satisfies BareJob);
  const [message] = (await once(child, 'message')) as unknown[];
  z.number().parse(message);
}
