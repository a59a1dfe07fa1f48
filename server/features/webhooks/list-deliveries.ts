import type { EntityManager } from '../../../shared/db/orm.ts';
import { deliveryFailures } from '../../../shared/webhooks/delivery-attempt.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, isoTimeOrNull, readPage } from '../../paging/paging.ts';
import type { ListDeliveries, WebhookDelivery } from './contract.ts';
import { readWebhook, type Reader } from './read-webhooks.ts';

export function selectDeliveries(em: EntityManager, webhookId: string) {
  const db = em.getKysely();
  const deliveries = db
    .selectFrom('webhook_delivery as d')
    .innerJoin('webhook_event as e', 'e.id', 'd.event_id')
    .select([
      'd.id',
      'd.webhook_id',
      'd.event_id',
      'd.status',
      'd.attempts',
      'd.next_attempt_at',
      'd.created_at',
      'e.type',
      'e.body',
    ])
    .where('d.webhook_id', '=', webhookId)
    .as('delivery');
  return db.selectFrom(deliveries).selectAll();
}

type Row = Awaited<ReturnType<ReturnType<typeof selectDeliveries>['executeTakeFirstOrThrow']>>;

export function toDelivery(row: Row): WebhookDelivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    type: row.type,
    status: row.status,
    attempts: row.attempts.map((attempt) => ({
      ...attempt,
      message: attempt.failure && deliveryFailures[attempt.failure],
    })),
    nextAttemptAt: isoTimeOrNull(row.next_attempt_at),
    body: row.body,
    createdAt: isoTime(row.created_at),
  };
}

type Needs = Reader & Pick<CallerContext, 'request'>;

/** What a webhook was sent, newest first, with how each attempt went; kept for 30 days. */
export async function listDeliveries(ctx: Needs, input: ListDeliveries) {
  await readWebhook(ctx, input);
  const all = selectDeliveries(ctx.em, input.id);
  const wanted = input.status === undefined ? all : all.where('status', '=', input.status);
  return readPage(ctx, wanted, input, toDelivery);
}
