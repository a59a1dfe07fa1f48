import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { createSendingBoss } from '../../shared/jobs/boss.ts';
import type { Job } from '../../workers/jobs/job.ts';
import { useDatabase } from '../support/database.ts';
import { eventually, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
const flood = { pr: 3_000, nightly: 100_000 }[inject('size')];
const startsWithinMs = 5_000;

beforeEach(async () => {
  await control.pool.query('delete from pgboss.job');
});

let boss: ReturnType<typeof createSendingBoss>;

beforeAll(async () => {
  boss = createSendingBoss(control.url);
  await boss.start();
});

afterAll(() => boss.stop({ graceful: false }));

/** Sends jobs of an organization, each about a data source of its own; answers their ids. */
async function send(organizationId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('dataSource'));
  for (let first = 0; first < count; first += 1_000) {
    await boss.insert(
      'sync-schema',
      ids.slice(first, first + 1_000).map((dataSourceId) => ({
        data: { dataSourceId, syncRunId: newId('syncRun') },
        singletonKey: dataSourceId,
        group: { id: organizationId },
      })),
    );
  }
  return ids;
}

/** A worker whose syncs are `work`; the data sources in the order in which their syncs began. */
async function workOn(work: (signal: AbortSignal) => Promise<void>): Promise<string[]> {
  const begun: string[] = [];
  const handle = async (_: unknown, job: Job<'sync-schema'>): Promise<void> => {
    begun.push(job.payload.dataSourceId);
    await work(job.signal);
  };
  await installation.work({ handlers: { 'sync-schema': () => Promise.resolve(handle) } });
  return begun;
}

async function untilBegun(begun: readonly string[], id: string | undefined): Promise<number> {
  const before = performance.now();
  await eventually(() => Promise.resolve(begun.includes(id ?? '')), 4 * startsWithinMs);
  return performance.now() - before;
}

describe(`${flood} jobs of one organization`, () => {
  test('that take for ever leave room for one of another', async () => {
    await send('org_flood', flood);
    const begun = await workOn((signal) =>
      sleep(600_000, undefined, { signal }).catch(() => undefined),
    );
    // As many of them as one organization may have.
    await eventually(() => Promise.resolve(begun.length >= 4));
    const [other] = await send('org_other', 1);
    expect(await untilBegun(begun, other)).toBeLessThan(startsWithinMs);
    expect(begun).toHaveLength(5);
  });

  test('that are quick let the jobs of another in between', async () => {
    await send('org_flood', flood);
    const begun = await workOn(() => sleep(5));
    await eventually(() => Promise.resolve(begun.length >= 50));
    const others = await send('org_other', 20);
    expect(await untilBegun(begun, others[0])).toBeLessThan(startsWithinMs);
    await untilBegun(begun, others.at(-1));
    const [first, last] = [others[0], others.at(-1)].map((id) => begun.indexOf(id ?? ''));
    // In turns: with twenty of the others at most about as many of the flood have begun.
    expect((last ?? Infinity) - (first ?? 0)).toBeLessThan(80);
    expect(begun.length).toBeLessThan(flood);
  });

  test('begin in the order in which they were sent', async () => {
    const ids = await send('org_flood', 100);
    const begun = await workOn(() => Promise.resolve());
    await eventually(() => Promise.resolve(begun.length === ids.length));
    const distance = begun.map((id, place) => Math.abs(ids.indexOf(id) - place));
    // Several are at work at a time, so neighbours may change places.
    expect(Math.max(...distance)).toBeLessThan(10);
  });
});
