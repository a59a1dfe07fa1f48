import type { Job as FetchedJob, JobResult, JobWithMetadata } from 'pg-boss';
import { queueNames, queues, type Payload, type QueueName } from '../../shared/jobs/queues.ts';
import { ClaimLost, completed, completeWith, type Claim, type Ending } from './claim.ts';
import { startDeadline } from './deadline.ts';
import { failureCode } from '../failure-code.ts';
import { jobsAtATime, type Handlers } from '../handlers.ts';
import { commitEnd, queuesWithHistory, whileClaimed, type History, type Job } from './job.ts';
import { observeJob, type JobOutcome } from '../metrics.ts';
import type { WorkerContext } from '../worker-context.ts';

interface Binding {
  readonly handlers: Handlers;
  readonly concurrency: number;
  /** Fires when the worker stops. */
  readonly stopping: AbortSignal;
  /** Seconds between looks at a queue; new jobs are announced, retries are found by looking. */
  readonly pollSeconds?: number;
}

// Fenced by pg-boss as well: it does nothing unless the job still is this attempt's.
const failed = (id: string): JobResult => ({
  id,
  status: 'failed',
  output: { code: 'INTERNAL_ERROR' },
});

const fetchesHistory: ReadonlySet<QueueName> = new Set(queuesWithHistory);

/** Has every queue worked on. A job is ended together with its effect, so that happens once. */
export async function bindQueues(worker: WorkerContext, binding: Binding): Promise<void> {
  for (const queue of queueNames) await bindQueue(worker, binding, queue);
}

async function bindQueue(worker: WorkerContext, binding: Binding, queue: QueueName): Promise<void> {
  const { each, inAll } = jobsAtATime[queue](binding.concurrency);
  const seconds = binding.pollSeconds ?? 2;
  const options = {
    includeMetadata: fetchesHistory.has(queue),
    perJobResults: true,
    localConcurrency: inAll,
    localGroupConcurrency: each,
    pollingIntervalSeconds: seconds,
    notifyPollingIntervalSeconds: seconds,
  } as const;
  await worker.boss.work(queue, options, async (batch: FetchedJob[]) => {
    const [raw] = batch;
    if (!raw) return [];
    const hasEnded = await attempt(worker, binding, queue, raw);
    keepLooking(worker, queue);
    if (!hasEnded) return [failed(raw.id)];
    // pg-boss settles what its batch holds, with a statement that would find the job ended by ours.
    batch.length = 0;
    return [];
  });
}

/**
 * Has the pollers that are at work look for their next job without the pause that pg-boss makes
 * between two jobs of a backlog. Those that pause have found nothing, and are told of what is new.
 */
function keepLooking({ boss }: Pick<WorkerContext, 'boss'>, queue: QueueName): void {
  for (const { id, name, count } of boss.getWipData()) {
    if (name === queue && count > 0) boss.notifyWorker(id);
  }
}

/** Whether the job was ended; false when the attempt has lost it, or could not end it. */
async function attempt<Q extends QueueName>(
  worker: WorkerContext,
  binding: Binding,
  queue: Q,
  raw: FetchedJob<object>,
): Promise<boolean> {
  const startedAt = performance.now();
  const claim: Claim = { queue, id: raw.id, retryCount: raw.retryCount };
  const deadline = startDeadline(queues[queue].deadlineSeconds * 1_000, [
    raw.signal,
    binding.stopping,
  ]);
  const finish = (outcome: JobOutcome): void => {
    observeJob(queue, outcome, (performance.now() - startedAt) / 1_000);
  };
  try {
    const outcome = await run(worker, binding, { claim, raw, queue, signal: deadline.signal });
    finish(outcome);
    return true;
  } catch (error) {
    const isLost = error instanceof ClaimLost;
    finish(isLost ? 'lost' : 'unsettled');
    worker.log.warn({ queue, jobId: raw.id, err: error }, isLost ? 'claim lost' : 'job not ended');
    return false;
  } finally {
    deadline.clear();
  }
}

interface Attempt<Q extends QueueName> {
  readonly claim: Claim;
  readonly raw: FetchedJob<object>;
  readonly queue: Q;
  readonly signal: AbortSignal;
}

/** Runs the handler and sees to it that the job is ended, once. */
async function run<Q extends QueueName>(
  worker: WorkerContext,
  { handlers, stopping }: Binding,
  { claim, raw, queue, signal }: Attempt<Q>,
): Promise<Ending['as']> {
  const parsed = queues[queue].payload.safeParse(raw.data);
  if (!parsed.success) {
    return commitEnd(worker, claim, () =>
      Promise.resolve({ as: 'rejected', code: 'INVALID_PAYLOAD' }),
    );
  }
  let outcome: Ending['as'] | undefined;
  const job: Job<Q> = {
    // The schema of this very queue; TypeScript does not follow the index through `safeParse`.
    payload: parsed.data as Payload<Q>,
    signal,
    history: (fetchesHistory.has(queue) ? historyIn(raw) : null) as Job<Q>['history'],
    attempt: `${raw.id}:${raw.retryCount}`,
    write: (work) => whileClaimed(worker, claim, work),
    end: async (decide) => {
      outcome = await commitEnd(worker, claim, decide);
    },
    complete: async (effect) => {
      const isDone = await completeWith(worker.orm.em, claim, effect);
      if (isDone) outcome = 'completed';
      return isDone;
    },
    assertNotStopping: () => stopping.throwIfAborted(),
  };
  try {
    const handle = await handlers[queue]();
    await handle(worker, job);
    outcome ??= await commitEnd(worker, claim, () => Promise.resolve(completed));
    return outcome;
  } catch (error) {
    if (outcome !== undefined || error instanceof ClaimLost) throw error;
    const ending: Ending = stopping.aborted
      ? { as: 'released' }
      : { as: 'failed', code: failureCode(error) };
    if (ending.as === 'failed')
      worker.log.error({ queue, jobId: raw.id, err: error }, 'job failed');
    return commitEnd(worker, claim, () => Promise.resolve(ending));
  }
}

/** Of a job that was fetched with all of its columns. */
function historyIn(raw: FetchedJob<object>): History {
  const { retryCount, retryLimit, createdOn } = raw as JobWithMetadata<object>;
  return { isLastAttempt: retryCount >= retryLimit, sentAt: createdOn };
}
