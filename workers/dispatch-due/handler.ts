import { completed } from '../jobs/claim.ts';
import type { Handler } from '../jobs/job.ts';
import type { WorkerContext } from '../worker-context.ts';
import {
  deleteOldAnswers,
  deleteOldCounters,
  deleteOldEvents,
  deleteOldHours,
  deleteOldIncidents,
  deleteOldSessions,
  deleteOldSpans,
  deleteOldUsage,
} from './delete-expired.ts';
import { deleteOldChecks } from './delete-old-checks.ts';
import { deleteOldDrafts } from './delete-old-drafts.ts';
import { deleteOldMetrics } from './delete-old-metrics.ts';
import { deleteOldReveals } from './delete-old-reveals.ts';
import { deleteOldStaging } from './delete-old-staging.ts';
import { destroyRetiredSecrets } from './destroy-retired-secrets.ts';
import { deleteOldVersions } from './delete-old-versions.ts';
import { dispatchHealthChecks } from './dispatch-health-checks.ts';
import { dispatchSyncs } from './dispatch-syncs.ts';
import { failAbandonedRuns } from './fail-abandoned-runs.ts';
import { resumeDeliveries } from './resume-deliveries.ts';

interface Chore {
  /** Does one batch in one transaction and answers how many rows it was about. */
  readonly doBatch: (worker: WorkerContext, limit: number) => Promise<number>;
  readonly batchSize: number;
  /** The rest has to wait for the next tick. */
  readonly maxBatches: number;
}

/** What a tick does, in this order: first what somebody waits for. */
const chores: { readonly [name: string]: Chore } = {
  dispatchHealthChecks: { doBatch: dispatchHealthChecks, batchSize: 500, maxBatches: 1_000 },
  dispatchSyncs: { doBatch: dispatchSyncs, batchSize: 500, maxBatches: 1_000 },
  failAbandonedRuns: { doBatch: failAbandonedRuns, batchSize: 500, maxBatches: 10 },
  resumeDeliveries: { doBatch: resumeDeliveries, batchSize: 500, maxBatches: 10 },
  deleteOldDrafts: { doBatch: deleteOldDrafts, batchSize: 500, maxBatches: 10 },
  deleteOldReveals: { doBatch: deleteOldReveals, batchSize: 500, maxBatches: 10 },
  destroyRetiredSecrets: { doBatch: destroyRetiredSecrets, batchSize: 100, maxBatches: 50 },
  deleteOldChecks: { doBatch: deleteOldChecks, batchSize: 5_000, maxBatches: 20 },
  deleteOldEvents: { doBatch: deleteOldEvents, batchSize: 5_000, maxBatches: 20 },
  deleteOldHours: { doBatch: deleteOldHours, batchSize: 5_000, maxBatches: 20 },
  deleteOldSpans: { doBatch: deleteOldSpans, batchSize: 5_000, maxBatches: 20 },
  deleteOldIncidents: { doBatch: deleteOldIncidents, batchSize: 5_000, maxBatches: 20 },
  deleteOldMetrics: { doBatch: deleteOldMetrics, batchSize: 1_000, maxBatches: 1 },
  deleteOldCounters: { doBatch: deleteOldCounters, batchSize: 5_000, maxBatches: 20 },
  deleteOldAnswers: { doBatch: deleteOldAnswers, batchSize: 5_000, maxBatches: 20 },
  deleteOldUsage: { doBatch: deleteOldUsage, batchSize: 5_000, maxBatches: 20 },
  deleteOldSessions: { doBatch: deleteOldSessions, batchSize: 5_000, maxBatches: 20 },
  deleteOldVersions: { doBatch: deleteOldVersions, batchSize: 5_000, maxBatches: 500 },
  deleteOldStaging: { doBatch: deleteOldStaging, batchSize: 5_000, maxBatches: 20 },
};

/**
 * Once a minute: sends the jobs that are due by the database's clock, and tidies up. A tick that was
 * missed costs nothing but time: what was due then is due now. Several at once share the work.
 */
export const dispatchDue: Handler<'dispatch-due'> = async (worker, job) => {
  const done: Record<string, number> = {};
  for (const [name, { doBatch, batchSize, maxBatches }] of Object.entries(chores)) {
    for (let batch = 0; batch < maxBatches && !job.signal.aborted; batch += 1) {
      const rows = await doBatch(worker, batchSize);
      if (rows > 0) done[name] = (done[name] ?? 0) + rows;
      if (rows < batchSize) break;
    }
  }
  worker.log.debug({ done }, 'dispatched');
  await job.end(() => Promise.resolve(completed));
};
