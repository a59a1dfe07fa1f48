import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { startCanary, type Canary } from '../support/canary.ts';
import {
  eventually,
  firstRunEnded,
  jobsOf,
  retryAtOnce,
  settled,
  sourceRow,
  syncAgain,
  useInstallation,
} from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);

/** Plays the customer's server: nothing may arrive there. */
let canary: Canary;

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  await control.pool.query('delete from pgboss.job');
  canary = await startCanary();
  return () => canary.close();
});

const createSource = () => installation.createSource({ host: '127.0.0.1', port: canary.port });

async function refusals(targetId: string): Promise<{ details: unknown; actor_type: string }[]> {
  const { rows } = await control.pool.query<{ details: string; actor_type: string }>(
    `select details, actor_type from audit_event
     where action = 'security.envelope_refused' and target_id = $1 order by sequence`,
    [targetId],
  );
  return rows.map((row) => ({ ...row, details: JSON.parse(row.details) as unknown }));
}

describe('a stored envelope that', () => {
  const flip = (column: string) => `
    update secret_envelope set ${column} = set_byte(${column}, 5, get_byte(${column}, 5) # 1)
    where owner_id = $1`;
  const ways: [string, string, string][] = [
    ['has a changed ciphertext', flip('ciphertext'), 'CORRUPT'],
    ['has a changed nonce', flip('nonce'), 'CORRUPT'],
    ['has a changed wrapped key', flip('wrapped'), 'CORRUPT'],
    [
      'has another version',
      'update secret_envelope set version = version + 1 where owner_id = $1',
      'CONTEXT_MISMATCH',
    ],
    [
      'has another field',
      `update secret_envelope set field = 'sshPassword' where owner_id = $1`,
      'CONTEXT_MISMATCH',
    ],
    [
      'belongs to another data source',
      `update secret_envelope e set wrapped = o.wrapped, nonce = o.nonce, ciphertext = o.ciphertext
       from secret_envelope o where e.owner_id = $1 and o.owner_id <> $1`,
      'CONTEXT_MISMATCH',
    ],
    [
      'was sealed for another host',
      `update data_source set connection = connection || '{"host": "::1"}' where id = $1`,
      'CONTEXT_MISMATCH',
    ],
    [
      'was sealed for another user',
      `update data_source set connection = connection || '{"username": "another"}' where id = $1`,
      'CONTEXT_MISMATCH',
    ],
  ];

  it.each(ways)(
    '%s is not used: dead letter, audit event, not a byte sent',
    async (_, sql, reason) => {
      await createSource();
      await control.pool.query('delete from pgboss.job');
      const id = await createSource();
      await control.pool.query(sql, [id]);
      await installation.work();
      expect(await firstRunEnded(control, id)).toMatchObject({
        status: 'FAILED',
        failure: 'CREDENTIALS_CORRUPT',
      });
      await settled(control, id);
      expect(await sourceRow(control, id)).toMatchObject({
        last_sync_status: 'FAILED',
        sync_failure: 'CREDENTIALS_CORRUPT',
        last_health_status: 'UNHEALTHY',
      });
      for (const queue of ['sync-schema', 'check-health']) {
        // At the first try: an envelope does not heal.
        expect(await jobsOf(control, queue)).toMatchObject([{ state: 'failed', retry_count: 0 }]);
        expect(await jobsOf(control, `${queue}-dead`)).toMatchObject([
          { source_output: { code: 'CREDENTIALS_CORRUPT' } },
        ]);
      }
      expect(await refusals(id)).toEqual([
        { actor_type: 'system', details: { reason } },
        { actor_type: 'system', details: { reason } },
      ]);
      expect(canary.connections).toBe(0);
    },
  );
});

it('is on record once by the syncs and once by the checks, however often they find it', async () => {
  const id = await createSource();
  await control.pool.query(`update secret_envelope set version = 9 where owner_id = $1`, [id]);
  await installation.work();
  await firstRunEnded(control, id);
  await settled(control, id);
  const checks = async () =>
    (await control.pool.query('select from health_check where data_source_id = $1', [id])).rows
      .length;
  for (let n = 2; n <= 3; n += 1) {
    expect(await syncAgain(installation, control, id)).toMatchObject({
      failure: 'CREDENTIALS_CORRUPT',
    });
    await installation.send('check-health', { dataSourceId: id }, id);
    await eventually(async () => (await checks()) === n);
    await settled(control, id);
  }
  expect(await refusals(id)).toHaveLength(2);
});

describe('credentials whose key is missing', () => {
  it('are locked, not corrupt: tried again, shown, and no security event', async () => {
    const id = await createSource();
    await control.pool.query(`update secret_envelope set kid = 'missing' where owner_id = $1`, [
      id,
    ]);
    await installation.work();
    expect(await firstRunEnded(control, id)).toMatchObject({ failure: 'CREDENTIALS_LOCKED' });
    await settled(control, id);
    expect(await jobsOf(control, 'sync-schema')).toMatchObject([
      { state: 'completed', retry_count: 3 },
    ]);
    const { rows } = await control.pool.query(
      'select failure from health_check where data_source_id = $1',
      [id],
    );
    expect(rows).toEqual(Array(4).fill({ failure: 'CREDENTIALS_LOCKED' }));
    expect(await refusals(id)).toEqual([]);
    expect(canary.connections).toBe(0);
  });

  it('open again when the key is back', async () => {
    const id = await createSource();
    const { rows } = await control.pool.query<{ kid: string }>(
      'select kid from secret_envelope where owner_id = $1',
      [id],
    );
    await control.pool.query(`update secret_envelope set kid = 'missing' where owner_id = $1`, [
      id,
    ]);
    await installation.work();
    await eventually(
      async () => (await sourceRow(control, id))['sync_failure'] === 'CREDENTIALS_LOCKED',
    );
    await firstRunEnded(control, id);
    await settled(control, id);
    await control.pool.query('update secret_envelope set kid = $2 where owner_id = $1', [
      id,
      rows[0]?.kid,
    ]);
    await installation.send('check-health', { dataSourceId: id }, id);
    await eventually(() => Promise.resolve(canary.connections > 0));
    await canary.close();
  });
});
