import { startExpressPg } from './baselines/start-baseline.ts';
import type { Bench } from './bench.ts';
import { compare, type Figure } from './figure.ts';
import { startGenerator, type Round } from './load/generator.ts';
import { requestText } from './load/load.ts';
import { interleave } from './rounds.ts';
import { makeInstallation } from './stage/installation.ts';
import { makeTenants, post, someDataSource } from './stage/tenants.ts';

const dataSources = 20;

/** GET 20 data sources with an API key over 16 connections, against express and pg by hand. */
export const apiRead: Bench = async (run) => {
  const installation = await makeInstallation(run);
  const api = await installation.startApi();
  const byHand = await startExpressPg(installation);
  const [tenant] = await makeTenants(installation.databaseUrl, 1);
  if (!tenant) throw new Error('no tenant');
  const { orgId, key } = tenant;
  for (let n = 0; n < dataSources; n += 1) {
    await post(api.url, tenant, '/data-sources', someDataSource(n));
  }

  const list = `/organizations/${orgId}/data-sources?limit=${dataSources}`;
  const input = encodeURIComponent(JSON.stringify({ 0: { orgId, limit: dataSources } }));
  const requests = {
    rest: requestText('GET', `${api.url}/api/public${list}`, { key }),
    // As the product's own client asks: a batch of one.
    trpc: requestText('GET', `${api.url}/trpc/dataSources.list?batch=1&input=${input}`, { key }),
    byHand: requestText('GET', `${byHand.url}${list}`, { key }),
  };
  const durationMs = run.full ? 3_000 : 800;
  const settings = { durationMs, connections: 16, dataDir: installation.dataDir };
  const generator = startGenerator(run, settings);
  const sides = {
    rest: () => generator.load(api, [requests.rest]),
    trpc: () => generator.load(api, [requests.trpc]),
    byHand: () => generator.load(byHand, [requests.byHand]),
  };
  // Until the compiler has seen enough of both.
  await interleave(4, sides);
  const rounds = await interleave(run.full ? 25 : 13, sides);
  run.note(`${settings.connections} connections, ${dataSources} data sources, 1 organization`);
  return [
    ...figures('REST public', rounds.rest, rounds.byHand),
    ...figures('tRPC', rounds.trpc, rounds.byHand),
  ];
};

/** The figures of one surface against the same rounds of the hand-written endpoint. */
function figures(name: string, product: readonly Round[], byHand: readonly Round[]): Figure[] {
  const of = (read: (round: Round) => number) => [product.map(read), byHand.map(read)] as const;
  return [
    compare(`${name}: requests`, '1/s', ...of((r) => r.perSecond), { atLeast: 1 }),
    compare(`${name}: p50`, 'ms', ...of((r) => r.p50Ms)),
    compare(`${name}: p99`, 'ms', ...of((r) => r.p99Ms), { atMost: 1.5 }),
    compare(`${name}: CPU of the process`, 'µs/request', ...of((r) => r.cpuPerAnswerUs)),
  ];
}
