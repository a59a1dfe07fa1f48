import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { WebhookEventType } from '../../shared/webhooks/event-types.ts';
import { sendEvent } from '../../shared/webhooks/send-event.ts';
import type { WorkerContext } from '../worker-context.ts';

interface News {
  readonly dataSourceId: string;
  readonly type: WebhookEventType;
  readonly at: Date;
  /** Asked for only when somebody wants to know; null when there is nothing to be told. */
  readonly tell: () => Promise<Readonly<Record<string, unknown>> | null>;
}

interface Subscribed {
  readonly organization_id: string;
  readonly display_name: string;
  readonly webhook_ids: readonly string[];
}

/**
 * Tells the webhooks that want to know of it, inside the transaction in which it happens. Call it
 * before the audit event, which comes last. Where nobody wants to know, nothing is written.
 */
export async function announce(
  { jobs }: Pick<WorkerContext, 'jobs'>,
  em: EntityManager,
  { dataSourceId, type, at, tell }: News,
): Promise<void> {
  const { rows } = await sql<Subscribed>`
    select d.organization_id, d.display_name, array_agg(w.id order by w.id) as webhook_ids
    from data_source d
    join webhook w on w.organization_id = d.organization_id and w.environment = d.environment
    where d.id = ${dataSourceId} and w.disabled_at is null and w.event_types @> array[${type}::text]
    group by d.id`.execute(em.getKysely());
  const [subscribed] = rows;
  if (!subscribed) return;
  const { organization_id: organizationId, display_name: displayName } = subscribed;
  const facts = await tell();
  if (!facts) return;
  const data = { organizationId, dataSourceId, displayName, ...facts };
  const message = { organizationId, dataSourceId, type, at, data };
  await sendEvent(em, jobs, message, subscribed.webhook_ids);
}
