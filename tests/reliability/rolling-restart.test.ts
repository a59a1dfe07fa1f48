import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../support/processes/processes.ts';
import { startBalancer, type Balancer } from './balancer.ts';

// Two API processes behind a load balancer are restarted one after the other at full load: nobody
// who calls notices, and what was acknowledged is there.

const rounds = inject('size') === 'nightly' ? 20 : 1;
const clients = 16;

const database = useDatabase();
/** Only to make a tenant: those that are restarted are processes of their own. */
const maker = useApi(database);
let tenant: TestTenant;
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let balancer: Balancer;
const apis: RunningApi[] = [];

const portOf = ({ url }: RunningApi): number => Number(new URL(url).port);
const start = (port?: number): Promise<RunningApi> =>
  runApi({ databaseUrl: database.url, keys, env: { DRAIN_SECONDS: '3' } }, port);

beforeAll(async () => {
  tenant = await maker.tenant('Tenant');
  // The processes bring their own key pair, as if this were another installation.
  await database.pool.query('delete from sealing_key');
  keys = await makeKeyFolder();
  apis.push(await start(), await start());
  balancer = await startBalancer(apis.map(portOf));
});
afterAll(async () => {
  await balancer.close();
  await Promise.all(apis.map((api) => api.end()));
  await keys.remove();
});

const bothTaken = () => expect.poll(() => balancer.healthy.size, { timeout: 20_000 }).toBe(2);

const agent = new Agent({ keepAlive: true, maxSockets: clients });

/** One request over a kept connection; never tried again. */
async function send(
  method: string,
  body: object | null,
): Promise<{ status: number; text: string }> {
  const url = `${balancer.url}/api/public/organizations/${tenant.orgId}/groups`;
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' };
  const sent = request(url, { method, agent, headers });
  const answered = once(sent, 'response');
  sent.end(body === null ? undefined : JSON.stringify(body));
  const [response] = await answered;
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}

test(
  `${2 * rounds} restarts at full load: not one request fails`,
  { timeout: 300_000 * rounds },
  async () => {
    let isOver = false;
    const failures: string[] = [];
    const acknowledged: string[] = [];
    let count = 0;
    await bothTaken();
    const client = async (n: number): Promise<void> => {
      while (!isOver) {
        const name = `Group ${(count += 1)}`;
        const isWrite = (count + n) % 4 === 0;
        const answer = await send(isWrite ? 'POST' : 'GET', isWrite ? { name } : null).catch(
          (error: unknown) => ({ status: 0, text: String(error) }),
        );
        if (answer.status !== (isWrite ? 201 : 200))
          failures.push(`${answer.status} ${answer.text}`);
        else if (isWrite) acknowledged.push(name);
      }
    };
    const load = Array.from({ length: clients }, (_, n) => client(n));
    for (let restart = 0; restart < 2 * rounds; restart += 1) {
      const turn = restart % 2;
      const before = apis[turn];
      if (!before) throw new Error('not started');
      await bothTaken();
      await before.end('SIGTERM');
      apis[turn] = await start(portOf(before));
    }
    isOver = true;
    await Promise.all(load);
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(500);
    const { rows } = await database.pool.query<{ name: string }>('select name from member_group');
    const stored = new Set(rows.map(({ name }) => name));
    expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(50);
  },
);
