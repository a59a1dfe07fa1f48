import { beforeEach, describe, expect, it } from 'vitest';
import { pauseSchedule } from '../../server/features/schedules/pause-schedule.ts';
import { requestSync } from '../../server/features/data-sources/request-sync.ts';
import { resumeSchedule } from '../../server/features/schedules/resume-schedule.ts';
import { updateDataSource } from '../../server/features/data-sources/update-data-source.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { downCheckSeconds, syncRetrySeconds } from '../../shared/schedule.ts';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { useDatabase } from '../support/database.ts';
import { fakeConnector } from '../support/sources/fake-connector.ts';
import {
  eventually,
  firstRunEnded,
  jobsOf,
  settled,
  sourceRow,
  syncAgain,
  useInstallation,
} from '../support/worker.ts';
import { report } from './recorded-source.ts';

const control = useDatabase();
const installation = useInstallation(control);

beforeEach(async () => {
  await control.pool.query(
    `delete from pgboss.job; delete from sync_run; update data_source set deleted_at = now()`,
  );
});

/** A worker whose probes say what the test wants them to. */
async function workWith(probe: () => Promise<ConnectionFailureCode | null>) {
  const connector = fakeConnector({ probe: async () => report(await probe(), 5) });
  return installation.work({ connectorFor: () => Promise.resolve(connector) });
}

async function checksOf(id: string) {
  const { rows } = await control.pool.query<{ status: string; created_at: Date }>(
    'select status, created_at from health_check where data_source_id = $1 order by id',
    [id],
  );
  return rows;
}

/** A data source that was seen healthy, and whose first jobs are done. */
async function healthySource(): Promise<string> {
  const id = await installation.createSource();
  await eventually(async () => (await checksOf(id)).length === 1);
  await settled(control, id);
  return id;
}

const checkNow = (id: string) => installation.send('check-health', { dataSourceId: id }, id);

describe('a check that fails', () => {
  it('is followed by a second within seconds, and only then is it an outage', async () => {
    let failure: ConnectionFailureCode | null = null;
    await workWith(() => Promise.resolve(failure));
    const id = await healthySource();
    failure = 'CONNECTION_REFUSED';
    await checkNow(id);
    await eventually(async () => (await checksOf(id)).length === 2);
    expect(await sourceRow(control, id)).toMatchObject({ last_health_status: 'HEALTHY' });
    await eventually(async () => (await checksOf(id)).length === 3, 30_000);
    const [, first, second] = await checksOf(id);
    expect(Number(second?.created_at) - Number(first?.created_at)).toBeLessThan(30_000);
    expect(await sourceRow(control, id)).toMatchObject({ last_health_status: 'UNHEALTHY' });
    const { rows } = await control.pool.query(
      'select started_at, failure from health_incident where data_source_id = $1',
      [id],
    );
    expect(rows).toEqual([{ started_at: first?.created_at, failure: 'CONNECTION_REFUSED' }]);
    failure = null;
    await settled(control, id);
    await checkNow(id);
    await eventually(async () => (await checksOf(id)).length === 4);
    expect(await sourceRow(control, id)).toMatchObject({ last_health_status: 'HEALTHY' });
  }, 60_000);

  it('counts at once where the connection was never healthy, or is a new one', async () => {
    let failure: ConnectionFailureCode | null = 'HOST_NOT_FOUND';
    await workWith(() => Promise.resolve(failure));
    const id = await installation.createSource();
    await eventually(async () => (await checksOf(id)).length === 1);
    expect(await sourceRow(control, id)).toMatchObject({ last_health_status: 'UNHEALTHY' });
    failure = null;
    const fixed = await healthySource();
    failure = 'HOST_NOT_FOUND';
    const { organizationId: orgId } = installation;
    const moved = { host: 'other.example.com', password: 'not a secret either' };
    await updateDataSource(installation.api, { orgId, id: fixed, ...moved });
    await eventually(async () => (await checksOf(fixed)).length === 2);
    expect(await sourceRow(control, fixed)).toMatchObject({ last_health_status: 'UNHEALTHY' });
  }, 30_000);

  it('leaves no trace when its job went to somebody else meanwhile', async () => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let failure: ConnectionFailureCode | null = null;
    let isLate = false;
    await workWith(async () => {
      if (!isLate) return failure;
      const answer = failure;
      isLate = false;
      entered.resolve();
      await release.promise;
      return answer;
    });
    const id = await healthySource();
    failure = 'TIMEOUT';
    isLate = true;
    await checkNow(id);
    await entered.promise;
    failure = null;
    await control.pool.query(
      `update pgboss.job set state = 'retry', start_after = now(), heartbeat_on = null
       where name = 'check-health' and singleton_key = $1 and state = 'active'`,
      [id],
    );
    await eventually(async () => (await checksOf(id)).length === 2);
    await settled(control, id);
    release.resolve();
    // Another check is worked on after the late one has come back.
    await checkNow(id);
    await eventually(async () => (await checksOf(id)).length === 3);
    expect((await checksOf(id)).map(({ status }) => status)).toEqual(Array(3).fill('HEALTHY'));
    expect(await sourceRow(control, id)).toMatchObject({ check_failures: 0 });
  }, 30_000);
});

describe('a paused data source', () => {
  it('is neither checked nor synced by the schedule, and is again when it is resumed', async () => {
    let probes = 0;
    await workWith(() => {
      probes += 1;
      return Promise.resolve(null);
    });
    const id = await healthySource();
    const place = { orgId: installation.organizationId, id };
    const paused = await pauseSchedule(installation.api, { ...place, reason: 'Moving house' });
    expect(paused).toMatchObject({
      nextSyncAt: null,
      nextHealthCheckAt: null,
      paused: { reason: 'Moving house' },
    });
    await control.pool.query(
      `update data_source set next_sync_at = now() - interval '1 h',
         next_health_check_at = now() - interval '1 h' where id = $1`,
      [id],
    );
    await control.pool.query(`delete from pgboss.job`);
    await installation.send('dispatch-due', {});
    await eventually(async () => {
      const [tick] = await jobsOf(control, 'dispatch-due');
      return tick?.state === 'completed';
    });
    expect(await jobsOf(control, 'check-health')).toEqual([]);
    expect(await jobsOf(control, 'sync-schema')).toEqual([]);
    // One that was sent before is not made either.
    await checkNow(id);
    await settled(control, id);
    expect(await checksOf(id)).toHaveLength(1);
    expect(probes).toBe(1);
    // What somebody asks for is done.
    await requestSync(installation.api, place);
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS' });
    await resumeSchedule(installation.api, place);
    await eventually(async () => (await checksOf(id)).length === 2);
  }, 30_000);

  it('takes no result of a check that was under way', async () => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let waits = false;
    await workWith(async () => {
      if (!waits) return null;
      entered.resolve();
      await release.promise;
      return 'TIMEOUT';
    });
    const id = await healthySource();
    waits = true;
    await checkNow(id);
    await entered.promise;
    const place = { orgId: installation.organizationId, id };
    await pauseSchedule(installation.api, { ...place, reason: 'Now' });
    release.resolve();
    await settled(control, id);
    expect(await checksOf(id)).toHaveLength(1);
    expect(await sourceRow(control, id)).toMatchObject({ check_failures: 0 });
  }, 30_000);
});

describe('a sync that fails', () => {
  it('is tried again after 1, 5, 15 and 60 minutes, and never later than the interval', () => {
    const minutes = (failures: number, interval = 86_400) =>
      syncRetrySeconds(failures, interval) / 60;
    expect([1, 2, 3, 4, 5, 6, 7].map((n) => minutes(n))).toEqual([1, 5, 15, 60, 120, 240, 480]);
    expect([minutes(9), minutes(60)]).toEqual([1_440, 1_440]);
    expect([1, 2, 3, 4].map((n) => minutes(n, 900))).toEqual([1, 5, 15, 15]);
  });

  it('brings the next one nearer until one succeeds', async () => {
    let failure: ConnectionFailureCode | null = 'PERMISSION_DENIED';
    const connector = fakeConnector({
      readCatalog: async function* () {
        if (failure) throw new ConnectionFailure(failure);
        yield* [];
      },
    });
    await installation.work({ connectorFor: () => Promise.resolve(connector) });
    const id = await installation.createSource();
    await firstRunEnded(control, id);
    const minutesToNext = async () => {
      const { rows } = await control.pool.query<{ minutes: number; failures: number }>(
        `select extract(epoch from next_sync_at - now())::float8 / 60 as minutes,
           sync_failures as failures from data_source where id = $1`,
        [id],
      );
      return rows[0];
    };
    const first = await minutesToNext();
    expect(first).toMatchObject({ failures: 1 });
    expect(first?.minutes).toBeLessThan(1.2);
    await syncAgain(installation, control, id);
    const second = await minutesToNext();
    expect(second?.failures).toBe(2);
    expect(second?.minutes).toBeGreaterThan(3);
    expect(second?.minutes).toBeLessThan(5.6);
    failure = null;
    await syncAgain(installation, control, id);
    const third = await minutesToNext();
    expect(third?.failures).toBe(0);
    expect(third?.minutes).toBeGreaterThan(21 * 60);
  }, 30_000);
});

it('a data source that is down is checked more and more rarely, twice an hour at the least', () => {
  expect([1, 2, 3, 4, 5, 6, 99].map((n) => downCheckSeconds(n, 300) / 60)).toEqual([
    5, 5, 10, 20, 30, 30, 30,
  ]);
  expect(downCheckSeconds(9, 7_200)).toBe(7_200);
});
