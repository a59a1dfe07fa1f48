import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { selectionOf } from '../selection.ts';
import { ClaimLost, completed, type Ending } from '../jobs/claim.ts';
import { failureCode, mayPass } from '../failure-code.ts';
import type { Handler, Job } from '../jobs/job.ts';
import { loadDataSource, lockDataSource, type LoadedDataSource } from '../load-data-source.ts';
import { observeSync } from '../metrics.ts';
import { recordHostKey } from '../record-host-key.ts';
import { isTampered, recordRefusal } from '../refuse-envelope.ts';
import { useConnection } from '../use-connection.ts';
import { announceChanges } from '../webhooks/announce-changes.ts';
import { announceFailedSync } from '../webhooks/announce-failed-sync.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ChangeCheck, loadKnown, saveKnown } from './known-catalog.ts';
import { publishCatalog } from './publish-catalog.ts';
import { stageCatalog, type StagedCatalog } from './stage-catalog.ts';
import { deleteStaged } from './staged-rows.ts';
import { whileWanted } from './while-wanted.ts';
import { completeOnboarding, failRun, showObstacle, startAttempt, succeedRun } from './sync-run.ts';

type SyncJob = Job<'sync-schema'>;

/** Reads the catalog of a data source and publishes what changed, all of it or nothing. */
export const syncSchema: Handler<'sync-schema'> = async (worker, job) => {
  const em = worker.orm.em.fork();
  const source = await loadDataSource(em, job.payload.dataSourceId);
  if (!source) return;
  await job.write((tx) => startAttempt(tx, job.payload));
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  try {
    const staged = await readAndStage(worker, job, source);
    await publish(worker, job, source, staged);
    observeSync('SUCCESS', seconds(), staged);
  } catch (error) {
    if (error instanceof ClaimLost) throw error;
    await fail(worker, job, source, error);
    observeSync('FAILED', seconds());
  } finally {
    await deleteStaged(em, job.attempt).catch((error: unknown) => {
      worker.log.warn({ err: error }, 'staged tables left to housekeeping');
    });
  }
};

interface ReadCatalog extends StagedCatalog {
  readonly check: ChangeCheck;
  /** The host key of the SSH server that the catalog came through. */
  readonly sshHostKey: string | null;
}

async function readAndStage(
  worker: WorkerContext,
  job: SyncJob,
  source: LoadedDataSource,
): Promise<ReadCatalog> {
  const em = worker.orm.em.fork();
  const selection = selectionOf(source.tablePatterns);
  const progress = { tables: 0, columns: 0 };
  const check = new ChangeCheck(await loadKnown(em, source));
  const into = { em, dataSourceId: source.id, attempt: job.attempt, selection, progress, check };
  return whileWanted(worker, job, progress, (signal) =>
    useConnection(worker, source, {
      signal,
      async work(connector, target, either) {
        const staged = await stageCatalog({ ...into, memory: target.memory }, (leave) =>
          connector.readCatalog(target, either, { selection, stored: check.asking(leave) }),
        );
        return { ...staged, check, sshHostKey: target.findings.sshHostKey };
      },
    }),
  );
}

async function publish(
  worker: WorkerContext,
  job: SyncJob,
  source: LoadedDataSource,
  staged: ReadCatalog,
): Promise<void> {
  const { attempt, payload } = job;
  await job.end(async (em, now) => {
    const state = await lockDataSource(em, source);
    if (state === 'deleted') return completed;
    if (state === 'changed') return syncAgain(worker, job, source);
    await publishCatalog(em, { dataSourceId: source.id, attempt, staged, at: now });
    if (!staged.check.unchanged) {
      await saveKnown(em, source, { ...staged, state: staged.check.now }, now);
    }
    const { isFirst } = await succeedRun(em, payload, staged, now);
    if (!isFirst) await announceChanges(worker, em, { ...payload, staged }, now);
    await recordHostKey(em, source, staged.sshHostKey);
    await completeOnboarding(em, source.organizationId);
    return completed;
  });
}

/** Ends an attempt that failed: tried again if that may help, else the run has failed. */
async function fail(
  worker: WorkerContext,
  job: SyncJob,
  source: LoadedDataSource,
  error: unknown,
): Promise<void> {
  job.assertNotStopping();
  const code = failureCode(error);
  worker.log.warn({ dataSourceId: source.id, err: error }, 'sync failed');
  await job.end(async (em, now) => {
    const state = await lockDataSource(em, source);
    if (state === 'deleted') return completed;
    if (state === 'changed') return syncAgain(worker, job, source);
    if (mayPass(code) && !job.history.isLastAttempt) {
      await showObstacle(em, job.payload, code);
      return { as: 'failed', code };
    }
    const before = await failRun(em, job.payload, code, now);
    // The first of a row is news, the others are the same.
    if (before.failures === 0) {
      await announceFailedSync(worker, em, { ...job.payload, failure: code }, now);
    }
    if (isTampered(error) && before.failure !== code)
      await recordRefusal(em, source, error.code, now);
    return endingOf(code);
  });
}

/** A database that cannot be read is an answer; what an operator has to look at is a dead letter. */
function endingOf(code: ConnectionFailureCode): Ending {
  const needsOperator = code === 'INTERNAL_ERROR' || code === 'CREDENTIALS_CORRUPT';
  return needsOperator ? { as: 'rejected', code } : completed;
}

/** What was read is no longer what the data source is: thrown away, and the same run once more. */
function syncAgain(
  { jobs }: WorkerContext,
  { payload }: SyncJob,
  { id, organizationId }: LoadedDataSource,
): Ending {
  return {
    as: 'completed',
    next: async (em) => {
      await jobs.send(em, 'sync-schema', payload, { organizationId, key: id });
    },
  };
}
