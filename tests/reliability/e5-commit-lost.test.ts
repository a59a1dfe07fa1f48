import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../support/processes/processes.ts';
import { startCommitDropper, type CommitDropper } from './commit-dropper.ts';
import { balanceOf } from './e4-acknowledged.ts';

// E5 of the security programme: PostgreSQL commits, its answer is lost, and the caller tries again
// with the same Idempotency-Key. There is one data source, and the answer is that of the first time.

const rounds = inject('size') === 'nightly' ? 2_000 : 200;

const database = useDatabase();
/** Only to make tenants: what loses answers is a process of its own. */
const maker = useApi(database);
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let api: RunningApi | undefined;
let dropper: CommitDropper | undefined;

beforeAll(async () => {
  await maker.tenant();
  await database.pool.query('delete from sealing_key');
  keys = await makeKeyFolder();
  dropper = await startCommitDropper(database.url);
  api = await runApi({ databaseUrl: dropper.url, keys, logLevel: 'error' });
});
afterAll(async () => {
  await api?.end();
  await dropper?.close();
  await keys.remove();
});

async function create({ orgId, key }: TestTenant, idempotencyKey: string) {
  const response = await fetch(`${api?.url ?? ''}/api/public/organizations/${orgId}/data-sources`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify({
      type: 'direct',
      dialect: 'POSTGRES',
      displayName: 'Warehouse',
      host: 'db.example.com',
      username: 'reader',
      password: 'the password',
    }),
  });
  const replayed = response.headers.get('idempotency-replayed');
  return { status: response.status, replayed, body: (await response.json()) as Body };
}

interface Body {
  readonly data?: { readonly id: string };
}

test(
  `${rounds} creations whose COMMIT was executed and not told: one data source each, and its answer`,
  async () => {
    const tenant = await maker.tenant();
    const ids = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const idempotencyKey = randomUUID();
      dropper?.arm('insert into idempotency_key');
      const lost = await create(tenant, idempotencyKey);
      expect(lost.status).toBe(503);
      const retried = await create(tenant, idempotencyKey);
      expect(retried).toMatchObject({ status: 201, replayed: 'true' });
      if (round < 10) {
        expect((await create(tenant, idempotencyKey)).body).toEqual(retried.body);
      }
      ids.add(retried.body.data?.id ?? '');
    }
    expect(dropper?.dropped).toBe(rounds);
    const { sources, ...amiss } = await balanceOf(database.pool);
    expect(sources).toEqual(ids);
    expect(amiss).toEqual({ incomplete: [], orphans: [], brokenChains: [] });
  },
  inject('size') === 'nightly' ? 3_600_000 : 120_000,
);
