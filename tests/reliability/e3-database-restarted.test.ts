import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../server/launcher/embedded-postgres.ts';
import { migrate } from '../../server/migrate.ts';
import { makePostgresFolder, removePostgresFolder } from '../support/folders/postgres-folder.ts';
import { spawnWorker } from '../support/processes/worker-process.ts';
import { useSlowCustomer } from '../support/servers/slow-customer.ts';
import { useInstallation } from '../support/worker.ts';
import { countEffects, expectEachOnce, expectInvariants, retryForEver } from './effects.ts';
import { faultMoments, faultSeed } from './fault-moments.ts';

// E3 of security.md. Every second time PostgreSQL does not stop but dies.
const { rounds, sources } =
  inject('size') === 'nightly' ? { rounds: 40, sources: 1_000 } : { rounds: 6, sources: 90 };

const syncMs = 3_000;

let dataDir = '';
let postgres: EmbeddedPostgres;
let pool: pg.Pool;
const control = { url: '' };

beforeAll(async () => {
  dataDir = await makePostgresFolder();
  postgres = await startEmbeddedPostgres({ dataDir });
  control.url = postgres.url;
  await migrate({ databaseUrl: postgres.url });
  pool = new pg.Pool({ connectionString: postgres.url });
  pool.on('error', () => undefined);
  await countEffects(pool);
  await retryForEver(pool);
});

afterAll(async () => {
  await pool.end();
  await postgres.stop();
  await removePostgresFolder(dataDir);
});

const installation = useInstallation(control);
const customer = useSlowCustomer(installation);

it(
  `no job is lost and none has its effect twice, and workers recover by themselves (FAULT_SEED=${faultSeed})`,
  { timeout: 3_600_000 },
  async () => {
    const env = { ...installation.workerEnv, WORKER_CONCURRENCY: '8' };
    const workers = [1, 2].map(() => spawnWorker(env));
    await Promise.all(workers.map(({ working }) => working));
    const acknowledged: string[] = [];
    const moments = faultMoments(syncMs);
    for (let round = 0; round < rounds; round += 1) {
      for (let n = 0; n < sources / rounds; n += 1) acknowledged.push(await createSource());
      await sleep(moments.next().value);
      if (round % 2 === 0) {
        await postgres.stop();
      } else {
        process.kill(postgres.pid, 'SIGKILL');
        await postgres.exited;
      }
      await sleep(500);
      postgres = await startEmbeddedPostgres({ dataDir });
    }
    // A creation whose answer was cut off may be there as well, as whole as any other.
    const { rows } = await pool.query<{ id: string }>('select id from data_source');
    const stored = rows.map(({ id }) => id);
    expect(stored).toEqual(expect.arrayContaining(acknowledged));
    // Rounds may leave no time for anything but restarts: then all of it is done now.
    await expectEachOnce(pool, stored, 90_000 + stored.length * 400);
    await expectInvariants(pool);
    const codes = await Promise.all(workers.map((worker) => worker.stop()));
    expect(codes, 'no worker died on the way').toEqual([0, 0]);
  },
);

/** The API's own connections have to find out first that the database came back. */
async function createSource(): Promise<string> {
  for (;;) {
    try {
      return await customer.createSource();
    } catch {
      await sleep(50);
    }
  }
}
