import { sql, type RawBuilder } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Channel } from '../../shared/db/listener.ts';
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
  const draft = await loadDraft(em, job.payload.connectionDraftId, job.history.sentAt);
  if (!draft) return;
  const { report, error } = await probeDraft(worker, draft, job.signal);
  if (report.failure) job.assertNotStopping();
  if (error === undefined && (await job.complete(answered(draft.id, report)))) return;
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

const written = (draftId: string, report: ProbeReport): RawBuilder<unknown> => sql`
  update connection_draft set report = ${JSON.stringify(report)}, updated_at = now()
  where id = ${draftId}`;

const channel = 'basekeep_verified' satisfies Channel;

/** The answer as the one effect of its job: somebody counts the milliseconds. */
const answered = (draftId: string, report: ProbeReport): RawBuilder<unknown> => sql`
  effect as (
    ${written(draftId, report)} and exists (select from claim)
    returning id, pg_notify(${channel}, id))`;

async function answer(em: EntityManager, draftId: string, report: ProbeReport): Promise<void> {
  await written(draftId, report).execute(em.getKysely());
  await notify(em, channel, draftId);
}
