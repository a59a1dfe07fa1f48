import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { spawnWorker } from '../support/processes/worker-process.ts';
import { eventually, useInstallation } from '../support/worker.ts';
import { countEffects, expectEachOnce, expectInvariants, retryForEver } from './effects.ts';
import { faultMoments, faultSeed } from './fault-moments.ts';

// E2 of security.md: a worker stands still past its heartbeat, loses its jobs, and goes on.
const rounds = inject('size') === 'nightly' ? 25 : 1;

const control = useDatabase();
const installation = useInstallation(control);

beforeAll(async () => {
  await countEffects(control.pool);
  await retryForEver(control.pool);
});

beforeEach(async () => {
  await control.pool.query('truncate effect');
});

async function isTakenOver(): Promise<boolean> {
  const { rows } = await control.pool.query(
    `select 1 from pgboss.job where state <= 'active' and name not like '%-dead'`,
  );
  return rows.length === 0;
}

async function active(): Promise<number> {
  const { rows } = await control.pool.query(`select 1 from pgboss.job where state = 'active'`);
  return rows.length;
}

// Less than the heartbeat: whenever it is frozen, it comes to its commit as soon as it goes on, before
// anybody can tell it that its jobs are lost.
const syncs = { minMs: 3_000, maxMs: 3_200 };
const moments = faultMoments(2_500);

it.each(Array.from({ length: rounds }))(
  `a worker frozen at work has no effect when it goes on (FAULT_SEED=${faultSeed})`,
  { timeout: 90_000 },
  async () => {
    const frozen = spawnWorker(installation.workerEnv, syncs);
    await frozen.working;
    const ids: string[] = [];
    do {
      // On a slow machine it may have been done before it was frozen: then it is frozen at another.
      frozen.process.kill('SIGCONT');
      await eventually(isTakenOver, 45_000);
      ids.push(await installation.createSource());
      await eventually(async () => (await active()) === 2);
      await sleep(moments.next().value);
      frozen.process.kill('SIGSTOP');
    } while ((await active()) < 2);
    const other = spawnWorker(installation.workerEnv, { minMs: 10, maxMs: 20 });
    await eventually(isTakenOver, 45_000);
    frozen.process.kill('SIGCONT');
    await sleep(2_500);
    await expectEachOnce(control.pool, ids, 10_000);
    await other.stop();

    ids.push(await installation.createSource());
    await expectEachOnce(control.pool, ids, 20_000);
    await expectInvariants(control.pool);
    expect(await frozen.stop()).toBe(0);
  },
);

it.each(Array.from({ length: rounds }))(
  'a worker frozen in the middle of its commit holds nobody up, and has no effect when it goes on',
  { timeout: 90_000 },
  async () => {
    await control.pool.query(`
      create or replace function take_long() returns trigger language plpgsql as
        $$ begin perform pg_sleep(1.5); return null; end $$;
      create trigger takes_long after insert on health_check
        for each row execute function take_long();`);
    const frozen = spawnWorker(installation.workerEnv, { minMs: 10, maxMs: 20 });
    await frozen.working;
    const id = await installation.createSource();
    await eventually(async () => {
      const { rows } = await control.pool.query(
        `select 1 from pg_stat_activity
         where wait_event = 'PgSleep' and datname = current_database()`,
      );
      return rows.length > 0;
    });
    frozen.process.kill('SIGSTOP');
    const other = spawnWorker(installation.workerEnv, { minMs: 10, maxMs: 20 });
    await eventually(isTakenOver, 60_000);
    frozen.process.kill('SIGCONT');
    await sleep(2_000);
    await expectEachOnce(control.pool, [id], 10_000);
    await expectInvariants(control.pool);
    await control.pool.query('drop trigger takes_long on health_check');
    await Promise.all([other.stop(), frozen.stop()]);
  },
);
