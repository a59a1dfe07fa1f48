import type { Orm } from '../shared/db/orm.ts';
import { loadOnce } from '../shared/load-once.ts';
import type { Observation } from './metrics-registry.ts';

// What counts is loaded when there is something to count: a start need not wait for it.
const registry = loadOnce(() => import('./metrics-registry.ts'));

export async function observeRequest(observation: Observation): Promise<void> {
  (await registry()).observe(observation);
}

/** See `metricsText` of the registry. */
export const metricsText = async (orm: Orm): Promise<string> => (await registry()).metricsText(orm);
