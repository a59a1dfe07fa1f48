import { describe, expect, it } from 'vitest';
import { checkHealth } from '../../workers/check-health/handler.ts';
import { recordSteady } from '../../workers/check-health/record-steady.ts';
import { completed } from '../../workers/jobs/claim.ts';
import type { Handler } from '../../workers/jobs/job.ts';
import { loadDataSource } from '../../workers/load-data-source.ts';
import { useDatabase } from '../support/database.ts';
import { fakeConnector } from '../support/sources/fake-connector.ts';
import { jobsOf, settled, useInstallation } from '../support/worker.ts';
import { report } from './recorded-source.ts';

const control = useDatabase();
const installation = useInstallation(control);
const healthy = report(null, 5);

/** Has the newest job of a data source worked on by `handler`, and waits for its end. */
async function check(id: string, handler: Handler<'check-health'>): Promise<void> {
  const connector = fakeConnector({ probe: () => Promise.resolve(healthy) });
  const worker = await installation.work({
    handlers: { 'check-health': () => Promise.resolve(handler) },
    connectorFor: () => Promise.resolve(connector),
  });
  await installation.send('check-health', { dataSourceId: id }, id);
  await settled(control, id);
  await worker.stop();
}

/** A data source that was seen healthy, with nothing left to do. */
async function healthySource(): Promise<string> {
  const id = await installation.createSource();
  await control.pool.query('delete from pgboss.job');
  await check(id, checkHealth);
  return id;
}

/** Whether one statement was enough for a check, during whose probe `meanwhile` happened. */
async function isSteady(
  id: string,
  {
    meanwhile,
    checked = healthy,
  }: { meanwhile?: () => Promise<unknown>; checked?: typeof healthy },
): Promise<boolean> {
  let answer: boolean | undefined;
  await check(id, async (worker, job) => {
    const source = await loadDataSource(worker.orm.em.fork(), id);
    if (!source) throw new Error('no source');
    await meanwhile?.();
    answer = await recordSteady(job, source, checked);
    if (!answer) await job.end(() => Promise.resolve(completed));
  });
  if (answer === undefined) throw new Error('no check was made');
  return answer;
}

const counted = `(select sum(checks)::int from health_hour where data_source_id = $1)`;

async function checks(id: string): Promise<unknown> {
  const { rows } = await control.pool.query(
    `select (select count(*)::int from health_check where data_source_id = $1) as listed,
       ${counted} as counted`,
    [id],
  );
  return rows[0];
}

describe('a check of a data source that was healthy and is', () => {
  it('writes in one statement what a transaction of several would', async () => {
    const slow = await healthySource();
    const steady = await healthySource();
    await check(slow, async (worker, job) => {
      await checkHealth(worker, { ...job, complete: () => Promise.resolve(false) });
    });
    let wasSteady: boolean | undefined;
    await check(steady, async (worker, job) => {
      const complete: typeof job.complete = async (effect) =>
        (wasSteady = await job.complete(effect));
      await checkHealth(worker, { ...job, complete });
    });
    expect(wasSteady).toBe(true);
    expect(await written(steady)).toEqual(await written(slow));
    expect(await checks(steady)).toEqual({ listed: 2, counted: 2 });
  }, 60_000);

  it('is not taken twice when its job went to another attempt', async () => {
    const id = await healthySource();
    const lose = () =>
      control.pool.query(
        `update pgboss.job set retry_count = retry_count + 1
         where name = 'check-health' and singleton_key = $1 and state = 'active'`,
        [id],
      );
    let answer: boolean | undefined;
    const worker = await installation.work({
      handlers: {
        'check-health': () =>
          Promise.resolve(async (context, job) => {
            const source = await loadDataSource(context.orm.em.fork(), id);
            if (!source) throw new Error('no source');
            await lose();
            answer = await recordSteady(job, source, healthy);
          }),
      },
    });
    await installation.send('check-health', { dataSourceId: id }, id);
    await expect.poll(() => answer, { timeout: 20_000 }).toBe(false);
    await worker.stop();
    expect(await checks(id)).toEqual({ listed: 1, counted: 1 });
    const [, last] = await jobsOf(control, 'check-health').then((jobs) => jobs.slice(-2));
    expect(last?.state).not.toBe('completed');
  }, 60_000);
});

describe('one statement is not enough, and writes nothing,', () => {
  const changes: readonly [string, string][] = [
    ['was paused', `set paused_at = now(), pause_reason = 'Moving house'`],
    ['was connected anew', `set connection_version = connection_version + 1`],
    ['was written to in any way', `set display_name = display_name`],
  ];

  it.each(changes)(
    'when the data source %s meanwhile',
    async (_, change) => {
      const id = await healthySource();
      const meanwhile = () =>
        control.pool.query(`update data_source ${change} where id = $1`, [id]);
      expect(await isSteady(id, { meanwhile })).toBe(false);
      expect(await checks(id)).toEqual({ listed: 1, counted: 1 });
    },
    60_000,
  );

  it('when somebody is at the data source: it does not wait for them', async () => {
    const id = await healthySource();
    const other = await control.pool.connect();
    try {
      const meanwhile = async () => {
        await other.query('begin');
        await other.query('select 1 from data_source where id = $1 for update', [id]);
      };
      expect(await isSteady(id, { meanwhile })).toBe(false);
    } finally {
      await other.query('rollback');
      other.release();
    }
    expect(await checks(id)).toEqual({ listed: 1, counted: 1 });
  }, 60_000);

  it('when a key of an SSH server has to go on record, and is enough when one is there', async () => {
    const id = await healthySource();
    const checked = { ...healthy, sshHostKey: `SHA256:${'a'.repeat(43)}` };
    expect(await isSteady(id, { checked })).toBe(false);
    const record = 'update data_source set ssh_host_key = $2 where id = $1';
    await control.pool.query(record, [id, checked.sshHostKey]);
    expect(await isSteady(id, { checked })).toBe(true);
    expect(await checks(id)).toEqual({ listed: 2, counted: 2 });
  }, 60_000);

  it('when the check failed, or the data source was down', async () => {
    const id = await healthySource();
    expect(await isSteady(id, { checked: report('TIMEOUT', 5) })).toBe(false);
    await control.pool.query(
      'update data_source set check_failures = 1, failing_since = now() where id = $1',
      [id],
    );
    expect(await isSteady(id, {})).toBe(false);
    await control.pool.query(
      `update data_source set check_failures = 0, failing_since = null,
         last_health_status = 'UNHEALTHY' where id = $1`,
      [id],
    );
    expect(await isSteady(id, {})).toBe(false);
    expect(await checks(id)).toEqual({ listed: 1, counted: 1 });
  }, 60_000);
});

/** What the last check of a data source left behind, without names and moments. */
async function written(id: string): Promise<unknown> {
  const { rows } = await control.pool.query(
    `select
       to_jsonb(j) - '{id,created_on,started_on,completed_on,keep_until,start_after,singleton_key,data,heartbeat_on}'::text[]
         as job, j.completed_on >= j.started_on as has_ended,
       to_jsonb(c) - '{id,data_source_id,created_at,updated_at,duration_ms}'::text[] as check,
       d.last_health_check_attempt_at = c.created_at and d.last_healthy_at = c.created_at
         and c.updated_at = c.created_at as is_of_one_moment,
       d.proven_at < c.created_at as was_proven_before, d.last_health_status, d.check_failures,
       d.failing_since, d.next_health_check_at - c.created_at
         between interval '270 s' and interval '330 s' as is_due_in_five_minutes,
       s.known_until = d.next_health_check_at + (d.next_health_check_at - c.created_at)
         + interval '2 min' as is_known_for_twice_that,
       s.started_at < c.created_at as goes_on, ${counted} as counted
     from data_source d
     join lateral (select * from health_check where data_source_id = d.id order by id desc limit 1) c
       on true
     join lateral (select * from pgboss.job where singleton_key = d.id and name = 'check-health'
       order by created_on desc limit 1) j on true
     join health_span s on s.data_source_id = d.id
     where d.id = $1`,
    [id],
  );
  return rows;
}
