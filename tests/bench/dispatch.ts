import type { Bench } from './bench.ts';
import { compare } from './figure.ts';
import { interleave } from './rounds.ts';
import { makeInstallation } from './stage/installation.ts';
import { makeScheduler } from './stage/scheduler.ts';

const due = 1_000;

/** Selects and enqueues what is due, out of so many data sources and out of ten times as many. */
export const dispatch: Bench = async (run) => {
  const few = run.full ? 100_000 : 10_000;
  const installation = await makeInstallation(run);
  const small = await makeScheduler(run, installation, few);
  const large = await makeScheduler(run, installation, 10 * few);
  const sides = { small: () => small.dispatchMs(due), large: () => large.dispatchMs(due) };
  await interleave(1, sides);
  const times = await interleave(run.full ? 11 : 7, sides);
  run.note(`${due} checks and ${due} syncs due, out of ${10 * few} against out of ${few}`);
  const perSecond = (ms: number): number => (2 * due * 1_000) / ms;
  return [
    compare('time to dispatch', 'ms', times.large, times.small, { atMost: 1.3 }),
    compare('jobs sent', '1/s', times.large.map(perSecond), times.small.map(perSecond)),
  ];
};
