import type { WorkerContext } from '../worker-context.ts';
import { sendJobs } from './send-jobs.ts';
import { takeDue } from './take-due.ts';

/** Sends the health checks that are due, at most `limit`. */
export async function dispatchHealthChecks(worker: WorkerContext, limit: number): Promise<number> {
  return worker.orm.em.fork().transactional(async (em) => {
    const due = await takeDue(em, 'health', limit);
    const payloads = due.map(({ id }) => ({ dataSourceId: id }));
    await sendJobs(worker, em, 'check-health', payloads);
    return due.length;
  });
}
