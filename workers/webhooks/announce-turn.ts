import { explainFailure } from '../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Outage } from '../check-health/record-turn.ts';
import type { WorkerContext } from '../worker-context.ts';
import { announce } from './announce.ts';

/** Tells that an outage began or ended. */
export async function announceTurn(
  worker: Pick<WorkerContext, 'jobs'>,
  em: EntityManager,
  dataSourceId: string,
  outage: Outage,
  at: Date,
): Promise<void> {
  const { id: incidentId, startedAt, endedAt, failure, step } = outage;
  const facts = {
    incidentId,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt && endedAt.toISOString(),
    cause: explainFailure(failure),
    step,
  };
  const type = endedAt ? 'data_source.recovered' : 'data_source.unhealthy';
  await announce(worker, em, { dataSourceId, type, at, tell: () => Promise.resolve(facts) });
}
