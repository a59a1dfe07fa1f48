import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../support/processes/processes.ts';

const database = useDatabase();
/** Only to make tenants: what is stopped is a process of its own. */
const maker = useApi(database);
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let api: RunningApi | undefined;

beforeAll(async () => {
  await maker.tenant();
  await database.pool.query('delete from sealing_key');
  keys = await makeKeyFolder();
  api = await runApi({ databaseUrl: database.url, keys, logLevel: 'warn' });
});
afterAll(async () => {
  await api?.end();
  await keys.remove();
});

async function get(path: string, { key }: Pick<TestTenant, 'key'>): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${api?.url ?? ''}${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

test('what was counted survives SIGTERM exactly: 300 requests of 3 keys are 300 in the table', async () => {
  const tenants = await Promise.all([maker.tenant(), maker.tenant(), maker.tenant()]);
  const paths = ['/api/public/organizations?limit=1', '/trpc/auth.me?input=%7B%7D'];
  const statuses = await Promise.all(
    tenants.flatMap((tenant) =>
      Array.from({ length: 100 }, (_, n) => get(paths[n % 4 === 0 ? 1 : 0] ?? '', tenant)),
    ),
  );
  expect(statuses.every((status) => status === 200)).toBe(true);
  await api?.end('SIGTERM');
  for (const { orgId } of tenants) {
    const { rows } = await database.pool.query(
      `select u.route, u.count::int, u.day = (now() at time zone 'UTC')::date as is_today,
         k.last_used_at between now() - interval '2 minutes' and now() + interval '1 second' as is_recent
       from api_key_usage u join api_key k on k.id = u.api_key_id
       where k.organization_id = $1 order by u.route`,
      [orgId],
    );
    const common = { is_today: true, is_recent: true };
    expect(rows).toEqual([
      { route: '/trpc/auth.me', count: 25, ...common },
      { route: 'GET /api/public/organizations', count: 75, ...common },
    ]);
  }
});
