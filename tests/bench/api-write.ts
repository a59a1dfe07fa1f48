import { startExpressPg } from './baselines/start-baseline.ts';
import type { Bench } from './bench.ts';
import { compare } from './figure.ts';
import { startGenerator, type Round } from './load/generator.ts';
import { requestText } from './load/load.ts';
import { interleave } from './rounds.ts';
import { makeInstallation } from './stage/installation.ts';
import { makeTenants, someDataSource } from './stage/tenants.ts';

const connections = 16;

/**
 * Create a data source: seal, row, audit, two jobs, one transaction, on a disk that is synced. An
 * organization per connection: within one, the audit chain lets one transaction through at a time,
 * and then the disk is what is measured.
 */
export const apiWrite: Bench = async (run) => {
  const installation = await makeInstallation(run);
  const api = await installation.startApi();
  const byHand = await startExpressPg(installation);
  const tenants = await makeTenants(installation.databaseUrl, connections);
  const requestsTo = (prefix: string): string[] =>
    tenants.map(({ orgId, key }, n) => {
      const url = `${prefix}/organizations/${orgId}/data-sources`;
      return requestText('POST', url, { key, body: someDataSource(n) });
    });
  const toProduct = requestsTo(`${api.url}/api/public`);
  const toByHand = requestsTo(byHand.url);
  const durationMs = run.full ? 4_000 : 1_200;
  const generator = startGenerator(run, { durationMs, connections, dataDir: installation.dataDir });
  const sides = {
    product: () => generator.load(api, toProduct),
    byHand: () => generator.load(byHand, toByHand),
  };
  // Until the compiler has seen enough of both.
  await interleave(4, sides);
  const { product, byHand: baseline } = await interleave(run.full ? 25 : 11, sides);
  run.note(`${connections} connections, an organization each; nobody works on the jobs`);
  const of = (read: (round: Round) => number) => [product.map(read), baseline.map(read)] as const;
  return [
    compare('creations', '1/s', ...of((r) => r.perSecond), { atLeast: 0.7 }),
    compare('p50', 'ms', ...of((r) => r.p50Ms)),
    compare('p99', 'ms', ...of((r) => r.p99Ms)),
    compare('CPU of the process', 'µs/request', ...of((r) => r.cpuPerAnswerUs)),
  ];
};
