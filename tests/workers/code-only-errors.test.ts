import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { queueNames, type QueueName } from '../../shared/jobs/queues.ts';
import type { Handler } from '../../workers/jobs/job.ts';
import { useDatabase } from '../support/database.ts';
import { jobsOf, eventually, retryAtOnce, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
const secret = 'c4n4ry-8f1d';

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  await control.pool.query('delete from pgboss.job');
});

class DriverError extends Error {
  readonly code = secret;
  readonly config = { password: secret };
  readonly headers = { authorization: secret };
}

const thrown: [string, () => unknown][] = [
  [
    'an error with the secret all over it',
    () => Object.assign(new DriverError(secret, { cause: new Error(secret) }), { detail: secret }),
  ],
  ['an aggregate of such errors', () => new AggregateError([new DriverError(secret)], secret)],
  ['a string', () => secret],
  ['an object', () => ({ message: secret, toJSON: () => secret })],
  ['undefined', () => undefined],
];

const payloads = {
  'sync-schema': { dataSourceId: 'ds_1', syncRunId: 'run_1' },
  'check-health': { dataSourceId: 'ds_1' },
  'verify-connection': { connectionDraftId: 'drf_1' },
  'reveal-credential': { revealId: 'rvl_1', publicKey: Buffer.alloc(32).toString('base64') },
  'delete-data-source': { dataSourceId: 'ds_1' },
  'take-backup': { backupRunId: 'bkp_1' },
  'send-invitation': { invitationId: 'inv_1' },
  'deliver-webhook': { deliveryId: 'dlv_1' },
  'dispatch-due': {},
} satisfies Record<QueueName, object>;

describe.each(queueNames)('what a handler of %s throws', (queue) => {
  it.each(thrown)('(%s) leaves a code and nothing else in the job tables', async (_, make) => {
    const fail: Handler<QueueName> = () => {
      throw make();
    };
    await installation.work({ handlers: { [queue]: () => Promise.resolve(fail) } });
    await installation.send(queue, payloads[queue]);
    const [dead] = await eventually(async () => {
      const jobs = await jobsOf(control, `${queue}-dead`);
      return jobs.length > 0 && jobs;
    });
    expect(dead?.source_output).toEqual({ code: 'INTERNAL_ERROR' });
    expect(await jobsOf(control, queue)).toMatchObject([
      { state: 'failed', output: { code: 'INTERNAL_ERROR' } },
    ]);
    expect(await everythingIn('pgboss')).not.toContain(secret);
  });
});

describe('a payload that is not what the queue takes', () => {
  it('is a dead letter at once', async () => {
    await installation.work();
    await control.pool.query(
      `insert into pgboss.job (name, data, policy, dead_letter, retry_limit)
       values ('check-health', '{"dataSourceId": 7}', 'exclusive', 'check-health-dead', 3)`,
    );
    const [dead] = await eventually(async () => {
      const jobs = await jobsOf(control, 'check-health-dead');
      return jobs.length > 0 && jobs;
    });
    expect(dead?.source_output).toEqual({ code: 'INVALID_PAYLOAD' });
  });
});

/** Every row of every table of a schema, as text. */
async function everythingIn(schema: string): Promise<string> {
  const { rows: tables } = await control.pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
    [schema],
  );
  const texts = tables.map(async ({ name }) => {
    const { rows } = await control.pool.query<{ text: string }>(
      `select t::text as text from ${name} t`,
    );
    return rows.map(({ text }) => text).join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}
