import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, inject, test } from 'vitest';
import { redrive } from '../../../server/redrive.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import { useDatabase } from '../../support/database.ts';
import {
  eventually,
  firstRunEnded,
  jobsOf,
  retryAtOnce,
  useInstallation,
} from '../../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
const entry = new URL('child.ts', import.meta.url).pathname;

let child: ChildProcess | undefined;
let isOver = false;
const endings: string[] = [];

/** Starts a worker, and another one when it has died, as whoever runs workers does. */
function keepWorking(...args: readonly string[]): void {
  const options = ['--max-old-space-size=96', entry, ...args];
  const next = spawn(process.execPath, options, {
    // One job of an organization at a time: each poison is to work by itself.
    env: { ...inheritedEnv(), ...installation.workerEnv, WORKER_CONCURRENCY: '1' },
    stdio: 'ignore',
  });
  child = next;
  next.once('exit', (code, signal) => {
    endings.push(signal ?? String(code));
    if (!isOver && child === next) keepWorking(...args);
  });
}

async function stopWorking(): Promise<void> {
  isOver = true;
  const last = child;
  if (last && last.exitCode === null && last.signalCode === null) {
    const gone = once(last, 'exit');
    last.kill('SIGKILL');
    await gone;
  }
  isOver = false;
}

afterEach(stopWorking);

const poisons = ['throws', 'exits', 'grows', 'loops'];

test('poison jobs end as dead letters, harm no others, and work when they are redriven', async () => {
  await retryAtOnce(control);
  // Dead workers are missed sooner than pg-boss's API allows, and tried again at night: the pull request's
  // test has no minutes.
  await control.pool.query(
    `update pgboss.queue set heartbeat_seconds = 3, retry_limit = $1 where name = 'sync-schema'`,
    [{ pr: 0, nightly: 3 }[inject('size')]],
  );
  const sources = await Promise.all(
    poisons.map((name) => installation.createSource({ host: `${name}.example.com` })),
  );
  keepWorking();
  const dead = () => jobsOf(control, 'sync-schema-dead');
  await eventually(async () => (await dead()).length >= poisons.length, 600_000);
  expect(new Set((await dead()).map(({ data }) => Object(data).dataSourceId as unknown))).toEqual(
    new Set(sources),
  );
  // An exit, a heap that is full, a loop that the watchdog ended: nothing else ends a worker. Who shares
  // a process with another poison goes with it, so that only those with tries left are all seen.
  const expected = ['3', 'SIGABRT', 'SIGKILL'];
  await eventually(() => Promise.resolve(endings.length >= 2), 30_000);
  expect(expected).toEqual(expect.arrayContaining(endings));
  if (inject('size') === 'nightly') expect(endings).toEqual(expect.arrayContaining(expected));

  const healthy = await installation.createSource();
  expect(await firstRunEnded(control, healthy)).toMatchObject({ status: 'SUCCESS' });
  // The runs of jobs that died with their workers are ended by the clock.
  await installation.send('dispatch-due', {});
  for (const id of sources) {
    expect(await firstRunEnded(control, id)).toMatchObject({
      ...{ status: 'FAILED', failure: 'INTERNAL_ERROR' },
    });
  }

  await stopWorking();
  expect(await redrive({ databaseUrl: control.url })).toBe(poisons.length);
  expect(await dead()).toEqual([]);
  keepWorking('--cured');
  for (const id of sources) {
    const run = await eventually(async () => {
      const { rows } = await control.pool.query<{ status: string }>(
        `select status from sync_run where data_source_id = $1 and status <> 'PENDING'`,
        [id],
      );
      return rows[0];
    }, 30_000);
    expect(run).toEqual({ status: 'SUCCESS' });
  }
}, 900_000);
