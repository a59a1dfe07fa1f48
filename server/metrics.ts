import { setTimeout as delay } from 'node:timers/promises';
import type { Orm } from '../shared/db/orm.ts';
import { loadOnce } from '../shared/load-once.ts';
import type { Observation } from './metrics-registry.ts';

// Loaded when there is something to count: a start need not wait for it.
const registry = loadOnce(() => import('./metrics-registry.ts'));

const countEveryMs = 1_000;

/** Requests that have ended since they were last counted. */
let uncounted: Observation[] = [];
let counting: Promise<void> | null = null;

/** Counts a request within a second, with those beside it. Rejects when they could not be counted. */
export function observeRequest(observation: Observation): Promise<void> {
  uncounted.push(observation);
  counting ??= delay(countEveryMs, undefined, { ref: false }).then(() => {
    counting = null;
    return count();
  });
  return counting;
}

async function count(): Promise<void> {
  const ended = uncounted;
  uncounted = [];
  const { observe } = await registry();
  ended.forEach(observe);
}

/** See `metricsText` of the registry. Every request that has ended is in it. */
export async function metricsText(orm: Orm): Promise<string> {
  await count();
  return (await registry()).metricsText(orm);
}
