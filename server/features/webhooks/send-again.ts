import { recordAudit } from '../../../shared/audit/record.ts';
import { AppError, notFound } from '../../../shared/errors.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { sendDelivery, sendEvent } from '../../../shared/webhooks/send-event.ts';
import type { CallerContext } from '../../context.ts';
import type { DeliveryRef, WebhookDelivery, WebhookRef } from './contract.ts';
import { selectDeliveries, toDelivery } from './list-deliveries.ts';
import { readWebhook, type Reader } from './read-webhooks.ts';

type Needs = Reader & Pick<CallerContext, 'clock' | 'origin' | 'jobs'>;

/** Sends an event once more, with the id it had: a receiver that has it already can tell. */
export function resendDelivery(ctx: Needs, input: DeliveryRef): Promise<WebhookDelivery> {
  const { orgId: organizationId, id: webhookId, deliveryId } = input;
  return send(ctx, input, 'webhook.delivery_resent', async (em, at) => {
    const delivery = await readDelivery(em, webhookId, deliveryId);
    if (!delivery) throw notFound('Delivery');
    const { event_id: eventId } = delivery;
    return sendDelivery(em, ctx.jobs, { organizationId, webhookId, eventId, at });
  });
}

/** Sends an event that says nothing, to this webhook alone, whatever it wants to be told of. */
export function sendTest(ctx: Needs, input: WebhookRef): Promise<WebhookDelivery> {
  const { orgId: organizationId, id: webhookId } = input;
  return send(ctx, input, 'webhook.tested', async (em, at) => {
    const about = { organizationId, dataSourceId: null, type: 'webhook.test' } as const;
    const data = { organizationId, webhookId };
    const [deliveryId] = await sendEvent(em, ctx.jobs, { ...about, at, data }, [webhookId]);
    return deliveryId;
  });
}

async function send(
  ctx: Needs,
  { orgId, id }: WebhookRef,
  action: 'webhook.delivery_resent' | 'webhook.tested',
  write: (em: EntityManager, at: Date) => Promise<string | undefined>,
): Promise<WebhookDelivery> {
  return ctx.em.transactional(async (em) => {
    const { isEnabled } = await readWebhook({ ...ctx, em }, { orgId, id });
    if (!isEnabled) throw new AppError('CONFLICT', 'The webhook is disabled: enable it first');
    const now = ctx.clock.now();
    const deliveryId = (await write(em, now)) ?? '';
    const act = { organizationId: orgId, action, targetId: id, details: { deliveryId } };
    await recordAudit(em, ctx.origin, act, now);
    const row = await readDelivery(em, id, deliveryId);
    if (!row) throw new Error('a delivery was not written');
    return toDelivery(row);
  });
}

const readDelivery = (em: EntityManager, webhookId: string, id: string) =>
  selectDeliveries(em, webhookId).where('id', '=', id).executeTakeFirst();
