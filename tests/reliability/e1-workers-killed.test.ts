import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, inject, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { useInstallation } from '../support/worker.ts';
import { spawnWorker } from '../support/processes/worker-process.ts';
import { useSlowCustomer } from '../support/servers/slow-customer.ts';
import { countEffects, expectEachOnce, expectInvariants, retryForEver } from './effects.ts';
import { faultMoments, faultSeed } from './fault-moments.ts';

// E1 of security.md. Each source has two jobs: its first sync and its first health check.
const { sources, kills } =
  inject('size') === 'nightly' ? { sources: 5_000, kills: 500 } : { sources: 150, kills: 25 };
const workers = 5;
// A sync takes 3 s of it: some die at its beginning, some in its middle, some in its commit.
const livesMs = 5_000;

const control = useDatabase();
const installation = useInstallation(control);
const customer = useSlowCustomer(installation);

beforeAll(async () => {
  await countEffects(control.pool);
  await retryForEver(control.pool);
});

it(
  `every job has its effect once, whatever worker is killed when (FAULT_SEED=${faultSeed})`,
  { timeout: 3_600_000 },
  async () => {
    const ids: string[] = [];
    for (let n = 0; n < sources; n += 1) ids.push(await customer.createSource());

    let killedAtWork = 0;
    // So few jobs at a time that there is work for everybody who is going to be killed.
    const doomed = { ...installation.workerEnv, WORKER_CONCURRENCY: '2' };
    const killInTurn = async (turn: number): Promise<void> => {
      const moments = faultMoments(livesMs, faultSeed + turn);
      let next = spawnWorker(doomed);
      for (let left = kills / workers; left > 0; left -= 1) {
        const worker = next;
        // The one after it starts while it works: starting is most of what a worker costs.
        if (left > 1) next = spawnWorker(doomed);
        await worker.working;
        await sleep(moments.next().value);
        await worker.kill();
        if (await isWorkLeft()) killedAtWork += 1;
      }
    };
    await Promise.all(Array.from({ length: workers }, (_, turn) => killInTurn(turn)));
    // Otherwise nothing was tested.
    expect(killedAtWork).toBeGreaterThan(kills / 2);

    const able = { ...installation.workerEnv, WORKER_CONCURRENCY: '24' };
    const pool = [spawnWorker(able), spawnWorker(able)];
    await expectEachOnce(control.pool, ids, 60_000 + sources * 200);
    await expectInvariants(control.pool);
    expect(await Promise.all(pool.map((worker) => worker.stop()))).toEqual([0, 0]);
  },
);

async function isWorkLeft(): Promise<boolean> {
  const { rows } = await control.pool.query(
    `select 1 from pgboss.job where state <= 'active' limit 1`,
  );
  return rows.length > 0;
}
