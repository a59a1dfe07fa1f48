import { sql } from 'kysely';
import { AppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { RevealAnswer, RevealFailure, revealSeconds } from '../../../shared/reveal.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { createOneTimeBox } from '../../worker-answers/one-time-box.ts';
import type { Waiting } from '../../worker-answers/waiting-room.ts';
import { assertMayReveal } from './assert-may-reveal.ts';
import { auditCredential } from './audit-credential.ts';
import type { RevealCredential, RevealedCredential } from './contract.ts';

type Needs = Pick<
  CallerContext,
  'em' | 'jobs' | 'reveals' | 'limiter' | 'clock' | 'origin' | 'principal' | 'request'
> & { readonly role: Role };

/** How often the row is looked at besides NOTIFY. */
const lookMs = 1_000;
/** How long an answer may stand on a screen. */
const shownMs = 60_000;

/**
 * Has a worker open the secrets of a credential and hand them over, sealed to a key that exists for
 * this one request. The audit event is committed before they leave the worker. UNAVAILABLE when no
 * worker answered within ten seconds: then none will.
 */
export async function revealCredential(
  ctx: Needs,
  input: RevealCredential,
): Promise<RevealedCredential> {
  const dataSourceId = await assertMayReveal(ctx, input);
  const revealId = newId('credentialReveal');
  const box = await createOneTimeBox();
  const waiting = ctx.reveals.expect(revealId);
  try {
    await ask(ctx, input, { revealId, dataSourceId, publicKey: box.publicKey });
    await untilAnswered(ctx, revealId, waiting);
    const answer = RevealAnswer.parse(JSON.parse(box.open(await take(ctx, input, revealId))));
    const expiresAt = new Date(ctx.clock.now().getTime() + shownMs).toISOString();
    return { ...answer, expiresAt };
  } finally {
    waiting.leave();
  }
}

interface Asked {
  readonly revealId: string;
  readonly dataSourceId: string;
  readonly publicKey: string;
}

async function ask(ctx: Needs, input: RevealCredential, asked: Asked): Promise<void> {
  const { revealId, dataSourceId, publicKey } = asked;
  const { principal, request } = ctx;
  await ctx.em.fork().transactional(async (em) => {
    await sql`
      insert into credential_reveal (id, organization_id, data_source_id, user_id, session_id,
        request_id, address, user_agent, reason, expires_at)
      values (${revealId}, ${input.orgId}, ${dataSourceId}, ${principal.userId},
        ${principal.credentialId}, ${request.requestId}, ${request.address}, ${request.userAgent},
        ${input.reason}, now() + make_interval(secs => ${revealSeconds}))`.execute(em.getKysely());
    await ctx.jobs.send(
      em,
      'reveal-credential',
      { revealId, publicKey },
      { organizationId: input.orgId },
    );
    await auditCredential(em, ctx, input, 'credential.reveal_requested');
  });
}

async function untilAnswered(ctx: Needs, revealId: string, waiting: Waiting): Promise<void> {
  const until = performance.now() + revealSeconds * 1_000;
  while (performance.now() < until && !ctx.request.signal.aborted) {
    await waiting.wait(Math.min(lookMs, until - performance.now()), ctx.request.signal);
    const { rows } = await sql`
      select 1 from credential_reveal
      where id = ${revealId} and answer is null and failure is null`.execute(ctx.em.getKysely());
    if (rows.length === 0) return;
  }
}

/**
 * Takes the answer and the row with it: from then on nothing is handed over any more. That there was
 * no answer is on record before it is told.
 */
async function take(ctx: Needs, input: RevealCredential, revealId: string): Promise<Uint8Array> {
  const taken = await ctx.em.fork().transactional(async (em) => {
    const { rows } = await sql<{ answer: Buffer | null; failure: string | null }>`
      delete from credential_reveal where id = ${revealId} returning answer, failure`.execute(
      em.getKysely(),
    );
    if (rows[0]?.answer) return rows[0].answer;
    const { data: cause = 'NO_ANSWER' } = RevealFailure.safeParse(rows[0]?.failure);
    await auditCredential(em, ctx, input, 'credential.reveal_failed', { cause });
    return cause;
  });
  if (typeof taken !== 'string') return taken;
  throw failures[taken]();
}

const failures: Readonly<Record<RevealFailure | 'NO_ANSWER', () => AppError>> = {
  NO_ANSWER: () => new AppError('UNAVAILABLE', 'No worker answered within 10 seconds; try again'),
  CREDENTIALS_LOCKED: () =>
    new AppError('UNAVAILABLE', 'The key of the stored credentials is not there right now'),
  CREDENTIALS_CORRUPT: () =>
    new AppError('CONFLICT', 'The stored credentials are not what was sealed; send them again'),
  CHANGED: () => new AppError('CONFLICT', 'The data source was changed meanwhile; try again'),
  NOT_ALLOWED: () =>
    new AppError('FORBIDDEN', 'You may not reveal credentials of this organization any more'),
  INTERNAL_ERROR: () => new AppError('UNAVAILABLE', 'The worker could not do it; try again'),
};
