import { sql } from 'kysely';
import { asyncCommit } from '../../../shared/db/async-commit.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { explainFailure, failureText } from '../../../shared/failures/connection-failures.ts';
import { AppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { explainSteps, ProbeReport } from '../../../shared/probe.ts';
import type { CallerContext } from '../../context.ts';
import { inOneGo } from '../../in-one-go.ts';
import type { Waiting } from '../../worker-answers/waiting-room.ts';
import { newConnection, secretsIn } from './connection-input.ts';
import type { Verification, VerifyDataSource } from './contract.ts';
import { insertDraft } from './insert-draft.ts';
import { sealSecrets } from './store-secrets.ts';

type Needs = Pick<
  CallerContext,
  'em' | 'sealer' | 'jobs' | 'verifications' | 'clock' | 'origin' | 'request'
>;

/** How long the caller waits for a worker, and how often the row is looked at besides NOTIFY. */
const capMs = 30_000;
const lookMs = 2_000;

/**
 * Has a worker try the connection, which travels sealed, and answers within 30 s. Nothing is kept.
 * CONNECTION_FAILED names the fields to look at; UNAVAILABLE when no worker answered.
 */
export async function verifyDataSource(ctx: Needs, input: VerifyDataSource): Promise<Verification> {
  const until = performance.now() + capMs;
  const connection = newConnection(input.dialect, input);
  const draftId = newId('connectionDraft');
  const { orgId: organizationId } = input;
  const owner = { organizationId, ownerType: 'connection_draft', ownerId: draftId } as const;
  const envelopes = sealSecrets(ctx.sealer, { ...owner, connection }, secretsIn(input));
  const act = { organizationId, action: 'data_source.verified', targetId: draftId } as const;
  const now = ctx.clock.now();
  const waiting = ctx.verifications.expect(draftId);
  try {
    await ctx.em.transactional((em) =>
      inOneGo(em, (em) => [
        insertDraft(em, { id: draftId, organizationId, connection, envelopes }, now),
        ctx.jobs.send(em, 'verify-connection', { connectionDraftId: draftId }, { organizationId }),
        recordAudit(em, ctx.origin, { ...act, details: { dialect: input.dialect } }, now),
      ]),
    );
    const report = await reportOf(ctx, draftId, { waiting, until });
    if (!report)
      throw new AppError('UNAVAILABLE', 'No worker answered within 30 seconds; try again');
    if (report.failure) throw connectionFailed(report.failure, report);
    const { durationMs, serverVersion } = report;
    return { success: true, durationMs, serverVersion, ...explained(report) };
  } finally {
    waiting.leave();
    await forget(ctx, draftId);
  }
}

async function reportOf(
  ctx: Needs,
  draftId: string,
  { waiting, until }: { waiting: Waiting; until: number },
): Promise<ProbeReport | null> {
  while (performance.now() < until && !ctx.request.signal.aborted) {
    await waiting.wait(Math.min(lookMs, until - performance.now()), ctx.request.signal);
    const row = await ctx.em
      .getKysely()
      .selectFrom('connection_draft')
      .select('report')
      .where('id', '=', draftId)
      .executeTakeFirst();
    if (row?.report) return ProbeReport.parse(row.report);
  }
  return null;
}

function connectionFailed(
  code: NonNullable<ProbeReport['failure']>,
  report: ProbeReport,
): AppError {
  if (code === 'CREDENTIALS_LOCKED' || code === 'INTERNAL_ERROR') {
    return new AppError('UNAVAILABLE', failureText(code).message);
  }
  const { message, fields } = failureText(code);
  const details = { failure: explainFailure(code), ...explained(report) };
  return new AppError('CONNECTION_FAILED', message, { fields: { ...fields }, details });
}

function explained({ steps, sshHostKey, certificateExpiresInDays }: ProbeReport) {
  return {
    steps: explainSteps(steps),
    sshHostKey: sshHostKey ?? null,
    certificateExpiresInDays: certificateExpiresInDays ?? null,
  };
}

async function forget(ctx: Needs, draftId: string): Promise<void> {
  // One commit: the caller waits for it. What a crash brings back is deleted with the old drafts.
  await sql`
    with envelopes as (delete from secret_envelope where owner_id = ${draftId})
    delete from connection_draft
    where id = ${draftId} and ${asyncCommit}`.execute(ctx.em.fork().getKysely());
}
