import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, inject, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { spawnWorker } from '../support/processes/worker-process.ts';
import { useInstallation } from '../support/worker.ts';
import { countEffects, expectEachOnce, expectInvariants, retryForEver } from './effects.ts';

// E1 of security.md. Each source has two jobs: its first sync and its first health check.
const { sources, kills } =
  inject('size') === 'nightly' ? { sources: 5_000, kills: 500 } : { sources: 150, kills: 25 };
const workers = 3;
const betweenKillsMs = 500;
const work = { minMs: 150, maxMs: 600 };

const control = useDatabase();
const installation = useInstallation(control);

beforeAll(() => countEffects(control.pool));

it(
  `every job has its effect once, whatever worker is killed when`,
  { timeout: 3_600_000 },
  async () => {
    await retryForEver(control.pool);
    const ids: string[] = [];
    for (let n = 0; n < sources; n += 1) ids.push(await installation.createSource());

    const spawnOne = () => spawnWorker(installation.workerEnv, work);
    const pool = Array.from({ length: workers }, spawnOne);
    await Promise.all(pool.map(({ working }) => working));
    let killedAtWork = 0;
    for (let n = 0; n < kills; n += 1) {
      await sleep(betweenKillsMs * (0.5 + Math.random()));
      const victim = Math.floor(Math.random() * workers);
      await pool[victim]?.kill();
      pool[victim] = spawnOne();
      if (await isWorkLeft()) killedAtWork += 1;
    }
    // Otherwise nothing was tested.
    expect(killedAtWork).toBeGreaterThan(kills / 2);
    await expectEachOnce(control.pool, ids, 120_000);
    await expectInvariants(control.pool);
    await Promise.all(pool.map((worker) => worker.stop()));
  },
);

async function isWorkLeft(): Promise<boolean> {
  const { rows } = await control.pool.query(
    `select 1 from pgboss.job where state <= 'active' limit 1`,
  );
  return rows.length > 0;
}
