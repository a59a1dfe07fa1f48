import { sql } from 'kysely';
import { systemOrigin } from '../../shared/audit/events.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { DeliveryAttempt } from '../../shared/webhooks/delivery-attempt.ts';
import { nextAttemptSeconds } from './attempt-delays.ts';
import type { LoadedDelivery } from './load-delivery.ts';

// A receiver that took nothing for so long is not coming back by itself.
const failingDays = 5;

// After these another attempt would be the same.
const endings: ReadonlySet<DeliveryAttempt['failure']> = new Set([
  null,
  'WEBHOOK_DISABLED',
  'SECRET_CORRUPT',
]);

interface Tried {
  readonly attempt: DeliveryAttempt;
  /** For how long the receiver wants to be left alone. */
  readonly retryAfterSeconds: number;
  readonly now: Date;
}

/**
 * Writes down how an attempt went, and disables a webhook that is gone or has failed for days. Answers
 * in how many seconds the next attempt is due, null when there is none. Locks the webhook before its
 * delivery, as whoever deletes it does.
 */
export async function recordAttempt(
  em: EntityManager,
  delivery: LoadedDelivery,
  { attempt, retryAfterSeconds, now }: Tried,
): Promise<number | null> {
  const isDelivered = attempt.failure === null;
  const webhook = await updateWebhook(em, delivery, { attempt, now });
  const mayTryAgain = !webhook.isDisabled && !endings.has(attempt.failure);
  const own = mayTryAgain ? nextAttemptSeconds(delivery.attempts + 1) : null;
  // A receiver may ask for more patience than we have, never for less.
  const seconds = own === null ? null : Math.max(own, retryAfterSeconds);
  const status = isDelivered ? 'DELIVERED' : seconds === null ? 'FAILED' : 'PENDING';
  const nextAt = seconds === null ? null : new Date(now.getTime() + seconds * 1_000).toISOString();
  await sql`
    update webhook_delivery
    set status = ${status}, attempts = attempts || ${JSON.stringify([attempt])}::jsonb,
      next_attempt_at = ${nextAt}, updated_at = ${now.toISOString()}
    where id = ${delivery.id}`.execute(em.getKysely());
  if (webhook.reason !== null) await recordDisabling(em, delivery, webhook.reason, now);
  return seconds;
}

interface Judged {
  readonly isDisabled: boolean;
  /** Why it was disabled by this very attempt; null when it was not. */
  readonly reason: string | null;
}

async function updateWebhook(
  em: EntityManager,
  { webhookId }: LoadedDelivery,
  { attempt, now }: Omit<Tried, 'retryAfterSeconds'>,
): Promise<Judged> {
  const at = now.toISOString();
  const isGood = attempt.failure === null;
  // RFC 9110, 15.5.11: who answers 410 wants nothing more, ever.
  const isGone = attempt.status === 410;
  const { rows } = await sql<Judged>`
    with before as (
      select id, disabled_at, coalesce(failing_since, ${at}) as since from webhook
      where id = ${webhookId} for update),
    judged as (
      select id, since, case
        when ${isGood} or disabled_at is not null then null
        when ${isGone} then 'GONE'
        when since <= ${at}::timestamptz - ${failingDays} * interval '1 day' then 'FAILING' end as reason
      from before)
    update webhook w
    set failing_since = case when ${isGood} then null else j.since end,
      disabled_at = case when j.reason is null then w.disabled_at else ${at} end,
      disabled_reason = coalesce(j.reason, w.disabled_reason)
    from judged j where w.id = j.id
    returning j.reason, w.disabled_at is not null as "isDisabled"`.execute(em.getKysely());
  // Gone, and its deliveries with it.
  return rows[0] ?? { isDisabled: true, reason: null };
}

async function recordDisabling(
  em: EntityManager,
  { organizationId, webhookId: targetId }: LoadedDelivery,
  reason: string,
  now: Date,
): Promise<void> {
  const act = { organizationId, action: 'webhook.disabled', targetId } as const;
  await recordAudit(em, systemOrigin, { ...act, details: { reason } }, now);
}
