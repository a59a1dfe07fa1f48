import { createWebhook } from '../../server/features/webhooks/create-webhook.ts';
import { sendTest } from '../../server/features/webhooks/send-again.ts';
import { webhookEventTypes, type WebhookEventType } from '../../shared/webhooks/event-types.ts';
import type { TestDatabase } from '../support/database.ts';
import { eventually, type Installation } from '../support/worker.ts';

/** A delivery as it is stored. */
export interface DeliveryRow {
  readonly id: string;
  readonly event_id: string;
  readonly status: string;
  readonly attempts: readonly {
    readonly status: number | null;
    readonly failure: string | null;
    readonly excerpt: string | null;
    readonly attemptedAt: string;
    readonly durationMs: number;
  }[];
  readonly next_attempt_at: Date | null;
  readonly created_at: Date;
}

/** A webhook of the installation's organization, and what a test asks about it. */
export async function hooked(
  control: TestDatabase,
  installation: Installation,
  url: string,
  eventTypes: readonly WebhookEventType[] = webhookEventTypes,
) {
  const { organizationId: orgId } = installation;
  const input = { orgId, url, description: '', eventTypes: [...eventTypes] };
  const { id, secret } = await createWebhook(installation.api, input);
  const deliveries = async () => {
    const { rows } = await control.pool.query<DeliveryRow>(
      'select * from webhook_delivery where webhook_id = $1 order by id',
      [id],
    );
    return rows;
  };
  return {
    ...{ orgId, id, secret, deliveries },
    test: () => sendTest(installation.api, { orgId, id }),
    /** The delivery when it has had so many attempts. */
    tried: (deliveryId: string, attempts: number) =>
      eventually(async () => {
        const row = (await deliveries()).find((one) => one.id === deliveryId);
        return row && row.attempts.length >= attempts && row;
      }, 20_000),
    /** Has the next attempt made now. */
    hurry: () =>
      control.pool.query(
        `update pgboss.job set start_after = now() where name = 'deliver-webhook' and state < 'active'`,
      ),
    row: async () => {
      const { rows } = await control.pool.query('select * from webhook where id = $1', [id]);
      return rows[0];
    },
  };
}
