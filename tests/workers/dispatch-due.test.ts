import { beforeEach, describe, expect, it } from 'vitest';
import { updateDataSource } from '../../server/features/data-sources/update-data-source.ts';
import { credentialIdOf, newId, oldestIdOf } from '../../shared/ids.ts';
import { useDatabase } from '../support/database.ts';
import { useHeldJobs } from '../support/processes/held-jobs.ts';
import { eventually, jobsOf, sourceRow, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
const held = useHeldJobs();

beforeEach(async () => {
  await control.pool.query(
    `delete from pgboss.job; delete from sync_run; update data_source set deleted_at = now()`,
  );
});

/** One tick, to its end. Syncs and checks that it sends stay where they are. */
async function tick(): Promise<void> {
  const before = (await jobsOf(control, 'dispatch-due')).length;
  await installation.send('dispatch-due', {});
  await eventually(async () => {
    const jobs = await jobsOf(control, 'dispatch-due');
    return jobs.length > before && jobs.every(({ state }) => state === 'completed');
  });
}

const work = () => installation.work({ handlers: { 'sync-schema': held, 'check-health': held } });

/** A data source whose creation has been dealt with. */
async function quietSource(): Promise<string> {
  const id = await installation.createSource();
  await control.pool.query('delete from pgboss.job');
  await control.pool.query(`update sync_run set status = 'SUCCESS' where data_source_id = $1`, [
    id,
  ]);
  await control.pool.query(`update data_source set last_sync_status = 'SUCCESS' where id = $1`, [
    id,
  ]);
  return id;
}

const due = (id: string, column: string, ago: string) =>
  control.pool.query(`update data_source set ${column} = now() - $2::interval where id = $1`, [
    id,
    ago,
  ]);

async function sent(queue: string): Promise<unknown[]> {
  return (await jobsOf(control, queue)).map(({ data }) => data);
}

describe('a tick', () => {
  it('sends what is due by the database’s clock, and nothing else', async () => {
    const [dueForBoth, dueForCheck] = [await quietSource(), await quietSource()];
    await quietSource();
    const deleted = await quietSource();
    for (const id of [dueForBoth, dueForCheck, deleted])
      await due(id, 'next_health_check_at', '1 second');
    for (const id of [dueForBoth, deleted]) await due(id, 'next_sync_at', '1 second');
    await control.pool.query('update data_source set deleted_at = now() where id = $1', [deleted]);
    await work();
    await tick();
    const { rows: runs } = await control.pool.query<{ id: string }>(
      `select id, data_source_id, trigger from sync_run where status = 'PENDING'`,
    );
    expect(runs).toMatchObject([{ data_source_id: dueForBoth, trigger: 'scheduled' }]);
    expect(await sent('sync-schema')).toEqual([
      { dataSourceId: dueForBoth, syncRunId: runs[0]?.id },
    ]);
    expect(new Set(await sent('check-health'))).toEqual(
      new Set([{ dataSourceId: dueForBoth }, { dataSourceId: dueForCheck }]),
    );
    expect(await sourceRow(control, dueForBoth)).toMatchObject({ last_sync_status: 'PENDING' });
  });

  it('sends once for however many ticks were missed, and moves the time on from now', async () => {
    const id = await quietSource();
    await due(id, 'next_sync_at', '90 days');
    await due(id, 'next_health_check_at', '90 days');
    await work();
    await tick();
    await tick();
    expect(await sent('sync-schema')).toHaveLength(1);
    expect(await sent('check-health')).toHaveLength(1);
    const { rows } = await control.pool.query(
      `select extract(epoch from next_sync_at - now())::float8 / 3600 as sync_hours,
         extract(epoch from next_health_check_at - now())::float8 / 60 as check_minutes
       from data_source where id = $1`,
      [id],
    );
    expect(rows[0].sync_hours).toBeGreaterThan(24 * 0.89);
    expect(rows[0].sync_hours).toBeLessThan(24 * 1.11);
    expect(rows[0].check_minutes).toBeGreaterThan(5 * 0.89);
    expect(rows[0].check_minutes).toBeLessThan(5 * 1.11);
  });

  it('does not bring together what was created together', async () => {
    const ids = [];
    for (let n = 0; n < 20; n += 1) ids.push(await quietSource());
    for (const id of ids) await due(id, 'next_health_check_at', '1 second');
    await work();
    await tick();
    const { rows } = await control.pool.query<{ times: string }>(
      `select count(distinct date_trunc('second', next_health_check_at)) as times
       from data_source where id = any ($1)`,
      [ids],
    );
    expect(Number(rows[0]?.times)).toBeGreaterThan(10);
  });

  it('adds nothing where a sync or a check is under way', async () => {
    const id = await installation.createSource();
    await due(id, 'next_sync_at', '1 second');
    await due(id, 'next_health_check_at', '1 second');
    await work();
    await tick();
    expect(await sent('sync-schema')).toHaveLength(1);
    expect(await sent('check-health')).toHaveLength(1);
    const { rows } = await control.pool.query(
      'select trigger from sync_run where data_source_id = $1',
      [id],
    );
    expect(rows).toEqual([{ trigger: 'created' }]);
  });

  it('leaves a data source that somebody is changing to the next one', async () => {
    const id = await quietSource();
    await due(id, 'next_health_check_at', '1 second');
    const other = await control.pool.connect();
    await other.query('begin');
    await other.query('select 1 from data_source where id = $1 for update', [id]);
    await work();
    await tick();
    expect(await sent('check-health')).toEqual([]);
    await other.query('commit');
    other.release();
    await tick();
    expect(await sent('check-health')).toHaveLength(1);
  });

  it('sends more than fits into one batch', { timeout: 60_000 }, async () => {
    const id = await quietSource();
    await control.pool.query(
      `insert into data_source select (jsonb_populate_record(d, jsonb_build_object('id', 'ds_many' || n))).*
       from data_source d, generate_series(1, 1200) n where d.id = $1`,
      [id],
    );
    await control.pool.query(
      `update data_source set next_sync_at = now() - interval '1 s', next_health_check_at = now() - interval '1 s'
       where id like 'ds_many%'`,
    );
    await work();
    await tick();
    expect(await sent('sync-schema')).toHaveLength(1_200);
    expect(await sent('check-health')).toHaveLength(1_200);
    await control.pool.query(
      `delete from sync_run; delete from data_source where id like 'ds_many%'`,
    );
  });
});

describe('housekeeping', () => {
  it('removes drafts that are older than five minutes, with what was sealed for them', async () => {
    const source = await quietSource();
    const draft = (id: string, age: string) => `
      insert into connection_draft (id, organization_id, connection, created_at, updated_at)
        select '${id}', organization_id, connection, now() - interval '${age}', now()
        from data_source where id = '${source}';
      insert into secret_envelope (id, organization_id, owner_type, owner_id, field, version, kid,
          wrapped, nonce, ciphertext, created_at, updated_at)
        select '${id}-password', organization_id, 'connection_draft', '${id}', field, version, kid,
          wrapped, nonce, ciphertext, created_at, updated_at
        from secret_envelope where owner_id = '${source}';`;
    await control.pool.query(draft('old', '6 minutes') + draft('young', '4 minutes'));
    await work();
    await tick();
    const drafts = await control.pool.query('select id from connection_draft');
    expect(drafts.rows).toEqual([{ id: 'young' }]);
    const envelopes = await control.pool.query(
      `select owner_id from secret_envelope where owner_type = 'connection_draft'`,
    );
    expect(envelopes.rows).toEqual([{ owner_id: 'young' }]);
  });

  it('destroys versions of secrets a day after another took their place, and says so', async () => {
    const { organizationId: orgId } = installation;
    const hoursAgo = (hours: number) => ({ now: () => new Date(Date.now() - hours * 3_600_000) });
    const replaced = async (hours: number) => {
      const id = await quietSource();
      const then = { ...installation.api, clock: hoursAgo(hours) };
      await updateDataSource(then, { orgId, id, password: 'another' });
      await control.pool.query('delete from pgboss.job; delete from sync_run');
      return id;
    };
    const versions = async (id: string) => {
      const { rows } = await control.pool.query<{ version: number }>(
        'select version from secret_envelope where owner_id = $1 order by version',
        [id],
      );
      return rows.map(({ version }) => version);
    };
    const [old, young] = [await replaced(24.1), await replaced(23.9)];
    expect([await versions(old), await versions(young)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await work();
    await tick();
    expect([await versions(old), await versions(young)]).toEqual([[2], [1, 2]]);
    const { rows: events } = await control.pool.query(
      `select target_id, actor_type, details from audit_event
       where action = 'credential.version_destroyed'`,
    );
    const details = '{"field":"password","version":1}';
    expect(events).toEqual([{ target_id: credentialIdOf(old), actor_type: 'system', details }]);
  });

  it('ends a run whose job is no more, and leaves one whose job is waiting', async () => {
    const [abandoned, waiting] = [
      await installation.createSource(),
      await installation.createSource(),
    ];
    await control.pool.query(
      `update pgboss.job set state = 'failed' where name = 'sync-schema' and singleton_key = $1`,
      [abandoned],
    );
    await work();
    await tick();
    const { rows } = await control.pool.query(
      'select data_source_id, status, failure from sync_run order by created_at',
    );
    expect(rows).toEqual([
      { data_source_id: abandoned, status: 'FAILED', failure: 'INTERNAL_ERROR' },
      { data_source_id: waiting, status: 'PENDING', failure: null },
    ]);
    expect(await sourceRow(control, abandoned)).toMatchObject({
      last_sync_status: 'FAILED',
      sync_failure: 'INTERNAL_ERROR',
    });
    expect(await sourceRow(control, waiting)).toMatchObject({ last_sync_status: 'PENDING' });
  });

  it('removes health checks older than 30 days, figures of silent workers and abandoned staging', async () => {
    const source = await quietSource();
    const days = (n: number) => new Date(Date.now() - n * 86_400_000);
    const old = oldestIdOf('healthCheck', days(31));
    const kept = [oldestIdOf('healthCheck', days(29)), newId('healthCheck')];
    for (const id of [old, ...kept]) {
      await control.pool.query(
        `insert into health_check (id, organization_id, data_source_id, status, duration_ms, steps, created_at, updated_at)
         values ($1, $2, $3, 'HEALTHY', 1, '[]', now(), now())`,
        [id, installation.organizationId, source],
      );
    }
    await control.pool.query(`
      insert into worker_metrics values ('silent', now() - interval '2 minutes', '[]'), ('alive', now(), '[]');
      insert into catalog_staging (attempt, table_id, schema_name, name, staged_at)
        values ('dead', 't', 's', 'n', now() - interval '2 hours'), ('alive', 't', 's', 'n', now());`);
    await work();
    await tick();
    const { rows: checks } = await control.pool.query<{ id: string }>(
      'select id from health_check order by id',
    );
    expect(checks.map(({ id }) => id)).toEqual(kept);
    const { rows: figures } = await control.pool.query(
      `select worker_id from worker_metrics where worker_id in ('silent', 'alive')`,
    );
    expect(figures).toEqual([{ worker_id: 'alive' }]);
    const { rows: staged } = await control.pool.query('select attempt from catalog_staging');
    expect(staged).toEqual([{ attempt: 'alive' }]);
  });

  it('removes counters whose window is over and sessions that expired a month ago', async () => {
    await control.pool.query(`
      insert into rate_limit values ('over', now() - interval '1 second', 3), ('open', now() + interval '1 minute', 3);
      insert into app_user (id, email, created_at, updated_at) values ('usr_s', 's@x.test', now(), now());
      insert into user_session (id, user_id, refresh_hash, signed_in_at, expires_at, created_at, updated_at) values
        ('ses_old', 'usr_s', 'a', now(), now() - interval '31 days', now(), now()),
        ('ses_kept', 'usr_s', 'b', now(), now() - interval '29 days', now(), now());`);
    await work();
    await tick();
    const { rows: counters } = await control.pool.query('select key from rate_limit');
    expect(counters).toEqual([{ key: 'open' }]);
    const { rows: sessions } = await control.pool.query('select id from user_session');
    expect(sessions).toEqual([{ id: 'ses_kept' }]);
  });
});
