import type { ProbeReport } from '../../shared/probe.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { completed, type Ending } from '../jobs/claim.ts';
import { failureCode } from '../failure-code.ts';
import type { Handler, Job } from '../jobs/job.ts';
import { loadDataSource, lockDataSource, type LoadedDataSource } from '../load-data-source.ts';
import { observeHealthCheck } from '../metrics.ts';
import { recordHostKey } from '../record-host-key.ts';
import { isTampered, recordRefusal } from '../refuse-envelope.ts';
import { probeConnection, unreached } from '../use-connection.ts';
import { VaultError } from '../vault/open.ts';
import { announceTurn } from '../webhooks/announce-turn.ts';
import type { WorkerContext } from '../worker-context.ts';
import { lastFailure, recordCheck } from './record-check.ts';
import { recordSteady } from './record-steady.ts';

type CheckJob = Job<'check-health'>;

/** Tries the connection and writes down what came of it. What is paused is left alone. */
export const checkHealth: Handler<'check-health'> = async (worker, job) => {
  const source = await loadDataSource(worker.orm.em, job.payload.dataSourceId);
  if (!source || source.isPaused) return;
  try {
    const report = await probeConnection(worker, source, job.signal);
    if (report.failure) job.assertNotStopping();
    if (!(await recordSteady(job, source, report))) {
      await settle(worker, job, source, { report, ending: completed });
    }
    warnOfExpiry(worker, source, report);
    observeHealthCheck(report.failure ? 'UNHEALTHY' : 'HEALTHY', report.durationMs / 1_000);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const code = failureCode(error);
    const ending = isTampered(error) ? 'rejected' : 'failed';
    await settle(worker, job, source, {
      report: unreached(code),
      ending: { as: ending, code },
      error,
    });
  }
};

interface Outcome {
  readonly report: ProbeReport & { readonly failure: ConnectionFailureCode | null };
  readonly ending: Ending;
  readonly error?: VaultError;
}

async function settle(
  worker: WorkerContext,
  job: CheckJob,
  source: LoadedDataSource,
  { report, ending, error }: Outcome,
): Promise<void> {
  await job.end(async (em, now) => {
    const state = await lockDataSource(em, source);
    if (state === 'deleted') return completed;
    if (state === 'changed') return checkAgain(worker, source);
    const isNews = isTampered(error) && (await lastFailure(em, source)) !== report.failure;
    const recorded = await recordCheck(em, source, report, now);
    if (!recorded) return completed;
    if (hasTunnel(report)) await recordHostKey(em, source, report.sshHostKey);
    if (recorded.outage) await announceTurn(worker, em, source.id, recorded.outage, now);
    if (isNews) await recordRefusal(em, source, error.code, now);
    return recorded.nextLook === 'soon' && ending.as === 'completed'
      ? checkAgain(worker, source, secondLookSeconds)
      : ending;
  });
}

/** Whether the SSH server took the sign-in: a mistyped host's key must not be put on record. */
function hasTunnel({ steps }: ProbeReport): boolean {
  return steps.some(({ step, failure }) => step === 'ssh' && failure === null);
}

// Time to renew a certificate before everything that uses it stops.
const warnDays = 14;

function warnOfExpiry({ log }: WorkerContext, source: LoadedDataSource, report: ProbeReport): void {
  const days = report.certificateExpiresInDays;
  if (typeof days !== 'number' || days > warnDays) return;
  log.warn({ dataSourceId: source.id, days }, 'the certificate of a data source ends soon');
}

// Long enough for a connection that was cut to be made anew, short enough that an outage is known soon.
const secondLookSeconds = 3;

/** One more check: the connection has changed meanwhile, or one failure is to be confirmed. */
function checkAgain(
  { jobs }: WorkerContext,
  { id, organizationId }: LoadedDataSource,
  startAfterSeconds = 0,
): Ending {
  return {
    as: 'completed',
    next: async (em) => {
      const when = { organizationId, key: id, startAfterSeconds };
      await jobs.send(em, 'check-health', { dataSourceId: id }, when);
    },
  };
}
