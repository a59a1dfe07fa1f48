import {
  explainFailure,
  type ConnectionFailureCode,
} from '../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { WorkerContext } from '../worker-context.ts';
import { announce } from './announce.ts';

interface FailedRun {
  readonly dataSourceId: string;
  readonly syncRunId: string;
  readonly failure: ConnectionFailureCode;
}

/** Tells that syncing a schema has begun to fail. */
export async function announceFailedSync(
  worker: Pick<WorkerContext, 'jobs'>,
  em: EntityManager,
  { dataSourceId, syncRunId, failure }: FailedRun,
  at: Date,
): Promise<void> {
  const facts = { syncRunId, cause: explainFailure(failure) };
  const tell = () => Promise.resolve(facts);
  await announce(worker, em, { dataSourceId, type: 'sync.failed', at, tell });
}
