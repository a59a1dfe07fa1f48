import { WebhookDelivery } from '../db/entities/webhooks/webhook-delivery.entity.ts';
import { WebhookEvent } from '../db/entities/webhooks/webhook-event.entity.ts';
import type { EntityManager } from '../db/orm.ts';
import { newId } from '../ids.ts';
import type { Jobs } from '../jobs/client.ts';
import type { MessageType } from './event-types.ts';

interface Message {
  readonly organizationId: string;
  readonly dataSourceId: string | null;
  readonly type: MessageType;
  readonly at: Date;
  /** Facts with public words. It is shown to whoever receives the webhook: no secret, no driver's text. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Writes an event and its deliveries into the caller's transaction, with the jobs that make them: it
 * is told if, and only if, what caused it is committed. The body is as Standard Webhooks has it.
 */
export async function sendEvent(
  em: EntityManager,
  jobs: Jobs,
  { organizationId, dataSourceId, type, at, data }: Message,
  webhookIds: readonly string[],
): Promise<string[]> {
  const id = newId('webhookEvent');
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
  em.create(WebhookEvent, { id, organizationId, dataSourceId, type, body });
  await em.flush();
  const ids: string[] = [];
  for (const webhookId of webhookIds) {
    ids.push(await sendDelivery(em, jobs, { organizationId, webhookId, eventId: id, at }));
  }
  return ids;
}

interface Addressed {
  readonly organizationId: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly at: Date;
}

/** A delivery of an event that is there already, and its job. */
export async function sendDelivery(
  em: EntityManager,
  jobs: Jobs,
  { at, ...place }: Addressed,
): Promise<string> {
  const id = newId('webhookDelivery');
  em.create(WebhookDelivery, { id, ...place, status: 'PENDING', attempts: [], nextAttemptAt: at });
  await em.flush();
  await jobs.send(em, 'deliver-webhook', { deliveryId: id }, { key: id });
  return id;
}
