import { setTimeout as delay } from 'node:timers/promises';
import { ClaimLost } from '../jobs/claim.ts';
import type { Job } from '../jobs/job.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Progress } from './seen-tables.ts';
import { showProgress } from './sync-run.ts';

// A cancelled sync ends within 2 s: this, and the second that connectors take to say goodbye.
const everyMs = 800;

/**
 * Does `work` while the run is pending, and has the run show `progress` meanwhile. When somebody has
 * cancelled the run the signal fires, and whatever comes of the work is `ClaimLost`.
 */
export async function whileWanted<Result>(
  worker: Pick<WorkerContext, 'orm' | 'log'>,
  job: Job<'sync-schema'>,
  progress: Progress,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const cancelled = new AbortController();
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      await delay(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      const isWanted = await showProgress(worker.orm.em.fork(), job.payload, progress).catch(
        (error: unknown) => {
          worker.log.warn({ err: error }, 'progress of a sync not shown');
          return true;
        },
      );
      if (!isWanted) return cancelled.abort(new ClaimLost());
    }
  };
  const watching = watch();
  try {
    return await work(AbortSignal.any([job.signal, cancelled.signal]));
  } catch (error) {
    throw cancelled.signal.aborted ? new ClaimLost() : error;
  } finally {
    over.abort();
    await watching;
  }
}
