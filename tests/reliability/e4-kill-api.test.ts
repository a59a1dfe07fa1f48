import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../support/processes/processes.ts';
import { balanceOf } from './e4-acknowledged.ts';

// E4 of the security programme: an API that is killed in the middle of creations loses none that it
// has acknowledged, and leaves none half done.

const isNightly = inject('size') === 'nightly';
const wanted = isNightly ? 20_000 : 1_000;
const kills = isNightly ? 60 : 5;
const timeoutMs = isNightly ? 3_600_000 : 180_000;
const clients = 16;

const database = useDatabase();
/** Only to make tenants: what is killed is a process of its own. */
const maker = useApi(database);
const tenants: TestTenant[] = [];
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let api: RunningApi | undefined;

beforeAll(async () => {
  for (let n = 0; n < 4; n += 1) tenants.push(await maker.tenant(`Tenant ${n}`));
  // The process brings its own key pair, as if this were another installation.
  await database.pool.query('delete from sealing_key');
  keys = await makeKeyFolder();
});
afterAll(async () => {
  await api?.end('SIGKILL');
  await keys.remove();
});

/** One creation; its id when the client saw the 201 with all of its body. */
async function create(url: string, tenant: TestTenant): Promise<string | undefined> {
  const response = await fetch(`${url}/api/public/organizations/${tenant.orgId}/data-sources`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'direct',
      dialect: 'POSTGRES',
      displayName: 'Warehouse',
      host: 'db.example.com',
      username: 'reader',
      password: 'the password',
    }),
  });
  // Starting, and says so: nothing was promised.
  if (response.status === 503) return void (await delay(100));
  const body = (await response.json()) as { data?: { id?: string } };
  expect(response.status, JSON.stringify(body)).toBe(201);
  return body.data?.id;
}

test(
  `${wanted} creations over ${kills} kills: every 201 is whole, and nothing is half done`,
  async () => {
    const start = async (port?: number) => runApi({ databaseUrl: database.url, keys }, port);
    api = await start();
    const { url } = api;
    const port = Number(new URL(url).port);
    const acknowledged = new Set<string>();
    /** Requests that had been taken when the process died: stored or not, nobody was told. */
    let cut = 0;

    const client = async (n: number): Promise<void> => {
      const tenant = tenants[n % tenants.length];
      while (tenant && acknowledged.size < wanted) {
        try {
          const id = await create(url, tenant);
          if (id) acknowledged.add(id);
        } catch (error) {
          // A connection that broke or was refused; an answer that is wrong is no such error.
          if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
          if (!wasRefused(error)) cut += 1;
          await delay(100);
        }
      }
    };
    const killer = async (): Promise<void> => {
      for (let kill = 1; kill <= kills; kill += 1) {
        const target = (wanted * kill) / (kills + 1);
        while (acknowledged.size < target) await delay(1);
        await delay(Math.random() * 30);
        await api?.end('SIGKILL');
        api = await start(port);
      }
    };
    await Promise.all([killer(), ...Array.from({ length: clients }, (_, n) => client(n))]);
    await api.end('SIGKILL');
    await untilRolledBack();

    const { sources, incomplete, orphans, brokenChains } = await balanceOf(database.pool);
    expect([...acknowledged].filter((id) => !sources.has(id))).toEqual([]);
    expect({ incomplete, orphans, brokenChains }).toEqual({
      incomplete: [],
      orphans: [],
      brokenChains: [],
    });
    expect(acknowledged.size).toBeGreaterThanOrEqual(wanted);
    // The kills did hit creations under way, and only those may be stored without a 201.
    expect(cut).toBeGreaterThanOrEqual(kills);
    expect(sources.size - acknowledged.size).toBeLessThanOrEqual(cut);
  },
  timeoutMs,
);

/** Nobody listened: the request did not reach a process. */
const wasRefused = (error: Error): boolean =>
  error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ECONNREFUSED';

/** PostgreSQL notices a moment later that the other end of a transaction is gone. */
async function untilRolledBack(): Promise<void> {
  for (let waits = 0; waits < 200; waits += 1) {
    const { rows } = await database.pool.query(
      `select from pg_stat_activity where datname = current_database() and xact_start is not null
         and pid <> pg_backend_pid()`,
    );
    if (rows.length === 0) return;
    await delay(20);
  }
}
