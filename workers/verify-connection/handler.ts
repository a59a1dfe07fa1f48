import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { notify } from '../../shared/db/notify.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import { completed } from '../jobs/claim.ts';
import { failureCode } from '../failure-code.ts';
import type { Handler } from '../jobs/job.ts';
import { loadDraft, type LoadedDraft } from '../load-draft.ts';
import { isTampered, recordRefusal } from '../refuse-envelope.ts';
import { probeConnection, unreached } from '../use-connection.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Tries a draft for somebody who waits for the answer: whatever happens, there is one at once. */
export const verifyConnection: Handler<'verify-connection'> = async (worker, job) => {
  const em = worker.orm.em.fork();
  const draft = await loadDraft(em, job.payload.connectionDraftId, job.sentAt);
  if (!draft) return;
  const { report, error } = await probeDraft(worker, draft, job.signal);
  if (report.failure) job.assertNotStopping();
  await job.end(async (tx, now) => {
    await answer(tx, draft.id, report);
    if (!isTampered(error)) return completed;
    await recordRefusal(tx, draft, error.code, now);
    return { as: 'rejected', code: failureCode(error) };
  });
};

async function probeDraft(
  worker: WorkerContext,
  draft: LoadedDraft,
  signal: AbortSignal,
): Promise<{ report: ProbeReport; error?: unknown }> {
  try {
    return { report: await probeConnection(worker, draft, signal) };
  } catch (error) {
    worker.log.warn({ connectionDraftId: draft.id, err: error }, 'connection not tried');
    return { report: unreached(failureCode(error)), error };
  }
}

async function answer(em: EntityManager, draftId: string, report: ProbeReport): Promise<void> {
  await sql`
    update connection_draft set report = ${JSON.stringify(report)}, updated_at = now()
    where id = ${draftId}`.execute(em.getKysely());
  await notify(em, 'basekeep_verified', draftId);
}
