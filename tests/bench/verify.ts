import type { Bench } from './bench.ts';
import { median } from './figure.ts';
import { makeCustomer, withClient } from './stage/customer.ts';
import { makeInstallation } from './stage/installation.ts';
import { makeTenants, post, type Tenant } from './stage/tenants.ts';

const goalMs = 30;

/** POST .../verify through the queue, against the time that the worker itself spent on the probe. */
export const verify: Bench = async (run) => {
  const installation = await makeInstallation(run);
  const customer = await makeCustomer(run, { tls: true });
  const api = await installation.startApi();
  installation.startWorker();
  const [tenant] = await makeTenants(installation.databaseUrl, 1);
  if (!tenant) throw new Error('no tenant');
  await keepReports(installation.databaseUrl);
  const body = { dialect: 'POSTGRES', ...customer.connection };
  const rounds = run.full ? 500 : 100;
  for (let n = 0; n < 20; n += 1) await roundTrip(api.url, tenant, body);
  await withClient(installation.databaseUrl, (client) => client.query('truncate bench_report'));
  const tripsMs: number[] = [];
  for (let n = 0; n < rounds; n += 1) tripsMs.push(await roundTrip(api.url, tenant, body));

  const probesMs = await reports(installation.databaseUrl);
  if (probesMs.length !== rounds) throw new Error(`${probesMs.length} reports of ${rounds} trips`);
  const added = tripsMs.map((tripMs, n) => tripMs - (probesMs[n] ?? Number.NaN));
  const sorted = added.toSorted((a, b) => a - b);
  run.note(`${rounds} one after the other, ${customer.connection.sslEnabled ? 'TLS' : 'no TLS'}`);
  return [
    { name: 'round trip, p50', unit: 'ms', value: median(tripsMs), baseline: median(probesMs) },
    {
      name: 'added to the probe, p50',
      unit: 'ms',
      value: median(added),
      goal: { of: 'value', atMost: goalMs },
    },
    { name: 'added to the probe, p95', unit: 'ms', value: sorted[Math.floor(rounds * 0.95)] ?? 0 },
  ];
};

async function roundTrip(apiUrl: string, tenant: Tenant, body: object): Promise<number> {
  const startedAt = performance.now();
  await post(apiUrl, tenant, '/data-sources/verify', body);
  return performance.now() - startedAt;
}

/** Drafts are gone when the caller has its answer, so a trigger keeps what the worker wrote. */
async function keepReports(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(`
      create table bench_report (n bigint generated always as identity, duration_ms float8);
      create function bench_keep_report() returns trigger language plpgsql as $$
      begin
        insert into bench_report (duration_ms) values ((new.report ->> 'durationMs')::float8);
        return null;
      end $$;
      create trigger bench_keep_report after update of report on connection_draft
        for each row execute function bench_keep_report()`),
  );
}

async function reports(databaseUrl: string): Promise<number[]> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ duration_ms: number }>(
      'select duration_ms from bench_report order by n',
    );
    return rows.map((row) => row.duration_ms);
  });
}
