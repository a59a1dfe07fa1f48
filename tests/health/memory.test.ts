import fc from '../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { getLatency } from '../../server/features/health/get-latency.ts';
import { readUptime } from '../../server/features/health/read-uptime.ts';
import { downCheckSeconds } from '../../shared/schedule.ts';
import { useDatabase } from '../support/database.ts';
import { sourceRow, useInstallation } from '../support/worker.ts';
import { checksIn, incidentsIn, percentile, uptimeIn, type Happening } from './naive-memory.ts';
import { recordedSource, report } from './recorded-source.ts';

const control = useDatabase();
const installation = useInstallation(control);

const hour = 3_600_000;
const intervalMs = 300_000;

const step = fc.record({
  kind: fc.constantFrom('check', 'check', 'check', 'check', 'check', 'pause', 'resume'),
  failed: fc.boolean(),
  durationMs: fc.integer({ min: 1, max: 5_000 }),
  // Mostly what a schedule does, sometimes what it does after a worker was away.
  gapMs: fc.oneof(
    fc.integer({ min: 1_000, max: 10_000 }),
    fc.integer({ min: 200_000, max: 400_000 }),
    fc.integer({ min: 400_000, max: 6 * hour }),
  ),
} as const);

const play = fc.array(step, { minLength: 1, maxLength: 24 });

describe('what is remembered of health', () => {
  it('is what a naive model makes of any sequence of checks and pauses', async () => {
    const property = fc.asyncProperty(
      play,
      fc.integer({ min: 0, max: hour }),
      async (steps, rest) => {
        const source = await recordedSource(installation);
        const happened = await perform(source, steps, Date.now() - 60 * hour);
        await expectState(source.id, happened);
        await expectIncidents(source.id, happened);
        await expectUptime(source.id, happened, (happened.at(-1)?.at ?? 0) + rest);
        await expectLatency(source.id, happened);
      },
    );
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(
  source: Awaited<ReturnType<typeof recordedSource>>,
  steps: readonly Step[],
  begin: number,
): Promise<Happening[]> {
  const happened: Happening[] = [];
  let at = begin;
  let streak = 0;
  let isPaused = false;
  for (const { kind, gapMs, failed, durationMs } of steps) {
    at += gapMs;
    const now = new Date(at);
    if (kind !== 'check') {
      await (kind === 'pause' ? source.pause(now) : source.resume(now));
      if (isPaused === (kind === 'resume')) happened.push({ kind, at });
      isPaused = kind === 'pause';
      continue;
    }
    const recorded = await source.check(report(failed ? 'TIMEOUT' : null, durationMs), now);
    expect(recorded === null).toBe(isPaused);
    if (recorded === null) continue;
    streak = failed ? streak + 1 : 0;
    const waitMs = await nextIn(source.id, at);
    const isDown = recorded.nextLook === 'down';
    const planned = isDown ? downCheckSeconds(streak, intervalMs / 1_000) * 1_000 : intervalMs;
    expect(waitMs).toBeGreaterThanOrEqual(planned * 0.89);
    expect(waitMs).toBeLessThanOrEqual(planned * 1.11);
    happened.push({ kind, at, failed, durationMs, tellsMs: 2 * waitMs + 120_000 });
  }
  return happened;
}

async function nextIn(id: string, at: number): Promise<number> {
  const row = await sourceRow(control, id);
  const next = row['next_health_check_at'];
  return next instanceof Date ? next.getTime() - at : Number.NaN;
}

async function expectState(id: string, happened: readonly Happening[]): Promise<void> {
  const checks = checksIn(happened);
  const sinceGood = checks.slice(checks.findLastIndex(({ failed }) => !failed) + 1);
  expect(await sourceRow(control, id)).toMatchObject({
    last_health_status: incidentsIn(happened).at(-1)?.endedAt === null ? 'UNHEALTHY' : 'HEALTHY',
    check_failures: sinceGood.length,
    failing_since: sinceGood[0] ? new Date(sinceGood[0].at) : null,
  });
}

async function expectIncidents(id: string, happened: readonly Happening[]): Promise<void> {
  const { rows } = await control.pool.query(
    `select started_at, ended_at, failure, step from health_incident
     where data_source_id = $1 order by id`,
    [id],
  );
  expect(rows).toEqual(
    incidentsIn(happened).map(({ startedAt, endedAt }) => ({
      started_at: new Date(startedAt),
      ended_at: endedAt === null ? null : new Date(endedAt),
      failure: 'TIMEOUT',
      step: 'connect',
    })),
  );
}

async function expectUptime(id: string, happened: readonly Happening[], at: number) {
  const uptime = await readUptime(installation.api.em, id, new Date(at));
  for (const [name, hours] of [
    ['day', 24],
    ['week', 168],
    ['month', 720],
  ] as const) {
    const { known, down } = uptimeIn(happened, at - hours * hour, at);
    const told = uptime[name];
    expect(told.knownSeconds).toBeCloseTo(known / 1_000, 2);
    expect(told.downSeconds).toBeCloseTo(down / 1_000, 2);
    if (known === 0) expect(told.ratio).toBeNull();
    else expect(told.ratio).toBeCloseTo((known - down) / known, 6);
  }
}

async function expectLatency(id: string, happened: readonly Happening[]): Promise<void> {
  const { organizationId: orgId, api } = installation;
  for (const [by, length] of [
    ['hour', hour],
    ['day', 24 * hour],
  ] as const) {
    const periods = Map.groupBy(checksIn(happened), ({ at }) => Math.floor(at / length) * length);
    const latency = await getLatency(api, { orgId, id, by, count: 100 });
    const expected = [...periods].sort(([a], [b]) => b - a);
    expect(latency.periods).toEqual(
      expected.map(([startsAt, checks]) => {
        const good = checks.filter(({ failed }) => !failed).map(({ durationMs }) => durationMs);
        const share = (of: number) => {
          const value = percentile(good, of);
          return value === null ? null : expect.closeTo(value, 3);
        };
        return {
          startsAt: new Date(startsAt).toISOString(),
          checks: checks.length,
          failed: checks.length - good.length,
          p50Ms: share(0.5),
          p95Ms: share(0.95),
          p99Ms: share(0.99),
        };
      }),
    );
  }
}
