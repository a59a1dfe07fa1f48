import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClaimLost, completed } from '../../workers/jobs/claim.ts';
import { commitEnd, type Handler } from '../../workers/jobs/job.ts';
import { useDatabase } from '../support/database.ts';
import { useHeldJobs } from '../support/processes/held-jobs.ts';
import { eventually, jobsOf, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
const held = useHeldJobs();
const queue = 'check-health';

beforeEach(async () => {
  await control.pool.query('delete from pgboss.job');
  await control.pool.query('create table if not exists effect (what text)');
  await control.pool.query('truncate effect');
});

const effects = async () => (await control.pool.query('select what from effect')).rows;

/** Runs a handler on one job and waits until pg-boss has put its own word in as well. */
async function handle(handler: Handler<'check-health'>): Promise<void> {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const worker = await installation.work({
    handlers: {
      'check-health': () =>
        Promise.resolve(async (context, job) => {
          try {
            await handler(context, job);
          } finally {
            resolve();
          }
        }),
    },
  });
  await installation.send(queue, { dataSourceId: 'ds_1' }, 'ds_1');
  await done;
  await worker.stop();
}

describe('an attempt that still holds its job', () => {
  it('has its writes and the job’s end in one commit, and pg-boss finds nothing left to settle', async () => {
    await handle(async (_context, job) => {
      await job.end(async (em) => {
        await sql`insert into effect values ('done')`.execute(em.getKysely());
        return completed;
      });
      const [row] = await jobsOf(control, queue);
      expect(row).toMatchObject({ state: 'completed' });
    });
    expect(await jobsOf(control, queue)).toMatchObject([{ state: 'completed', output: null }]);
    expect(await effects()).toEqual([{ what: 'done' }]);
  });

  it('has no effect when its writes fail: the job is tried again', async () => {
    await handle(async (_context, job) => {
      await job.end(async (em) => {
        await sql`insert into effect values ('half')`.execute(em.getKysely());
        await sql`select 1 / 0`.execute(em.getKysely());
        return completed;
      });
    });
    expect(await effects()).toEqual([]);
    expect(await jobsOf(control, queue)).toMatchObject([
      { state: 'retry', output: { code: 'INTERNAL_ERROR' } },
    ]);
  });

  it('has no effect when its end fails: a worker that dies in between has done nothing', async () => {
    await control.pool.query(`
      create function refuse_end() returns trigger language plpgsql as $$
        begin raise exception 'cannot end'; end $$;
      create trigger refuse_end before update on pgboss.job
        for each row when (new.state = 'completed') execute function refuse_end()`);
    try {
      await handle(async (_context, job) => {
        await job.end(async (em) => {
          await sql`insert into effect values ('before its end')`.execute(em.getKysely());
          return completed;
        });
      });
    } finally {
      await control.pool.query('drop function refuse_end cascade');
    }
    expect(await effects()).toEqual([]);
    expect(await jobsOf(control, queue)).toMatchObject([{ state: 'retry' }]);
  });
});

describe('an attempt whose job', () => {
  const losses: [string, string][] = [
    ['was taken over', `set retry_count = retry_count + 1`],
    ['is waiting for its next try', `set state = 'retry'`],
    ['was cancelled', `set state = 'cancelled'`],
    ['was completed by another', `set state = 'completed'`],
  ];

  it.each(losses)('%s has no effect, and nobody is told', async (_, change) => {
    let error: unknown;
    await handle(async (_context, job) => {
      await control.pool.query(`update pgboss.job ${change} where name = $1`, [queue]);
      error = await job
        .end(async (em) => {
          await sql`insert into effect values ('late')`.execute(em.getKysely());
          return completed;
        })
        .catch((thrown: unknown) => thrown);
      throw error;
    });
    expect(error).toBeInstanceOf(ClaimLost);
    expect(await effects()).toEqual([]);
    const [row] = await jobsOf(control, queue);
    expect(row?.output).toBeNull();
  });

  it('is gone has no effect', async () => {
    await handle(async (_context, job) => {
      await control.pool.query('delete from pgboss.job');
      await expect(job.end(() => Promise.resolve(completed))).rejects.toThrow(ClaimLost);
    });
    expect(await jobsOf(control, queue)).toEqual([]);
  });
});

describe('of two attempts that commit at the same time', () => {
  it('one has its effect', async () => {
    await installation.send(queue, { dataSourceId: 'ds_1' }, 'ds_1');
    const { context } = await installation.work({
      handlers: { [queue]: held },
    });
    const [row] = await eventually(async () => {
      const jobs = await jobsOf(control, queue);
      return jobs[0]?.state === 'active' && jobs;
    });
    const claim = { queue, id: row?.id ?? '', retryCount: 0 } as const;
    const attempts = Array.from({ length: 8 }, (_, n) =>
      commitEnd(context, claim, async (em) => {
        await sql`insert into effect values (${`attempt ${n}`})`.execute(em.getKysely());
        await sleep(20);
        return completed;
      }),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await effects()).toHaveLength(1);
  });
});

describe('a worker that is frozen in the middle of its commit', () => {
  it('holds nobody up: the server ends its transaction', async () => {
    await handle(async (_context, job) => {
      await job.end(async (em) => {
        const { rows } = await sql<{ lock: string; idle: string }>`
            select current_setting('lock_timeout') as lock,
              current_setting('idle_in_transaction_session_timeout') as idle`.execute(
          em.getKysely(),
        );
        expect(rows).toEqual([{ lock: '10s', idle: '10s' }]);
        return completed;
      });
    });
    const { rows } = await control.pool.query('show idle_in_transaction_session_timeout');
    expect(rows).toEqual([{ idle_in_transaction_session_timeout: '0' }]);
  });
});

describe('a worker that stops', () => {
  it('leaves a job that was done as it is', async () => {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const worker = await installation.work({
      handlers: {
        [queue]: () =>
          Promise.resolve<Handler<'check-health'>>(async (_context, job) => {
            await job.end(() => Promise.resolve(completed));
            resolve();
            // Still busy with something else when the stop comes, and deaf to it.
            await new Promise(() => undefined);
          }),
      },
    });
    await installation.send(queue, { dataSourceId: 'ds_1' }, 'ds_1');
    await done;
    const before = performance.now();
    await worker.stop();
    expect(performance.now() - before).toBeLessThan(6_500);
    expect(await jobsOf(control, queue)).toMatchObject([{ state: 'completed', output: null }]);
  });

  it('takes the job away from a handler that does not listen', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const worker = await installation.work({
      handlers: {
        [queue]: () =>
          Promise.resolve<Handler<'check-health'>>(async () => {
            resolve();
            await new Promise(() => undefined);
          }),
      },
    });
    await installation.send(queue, { dataSourceId: 'ds_1' }, 'ds_1');
    await begun;
    await worker.stop();
    expect(await jobsOf(control, queue)).toMatchObject([{ state: 'retry' }]);
  });
});
