import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, isoTimeOrNull, readPage } from '../../paging/paging.ts';
import type { ListWebhooks, Webhook, WebhookRef } from './contract.ts';

export type Reader = Pick<CallerContext, 'em'> & {
  readonly principal: Pick<CallerContext['principal'], 'environment'>;
};

/** The webhooks that a caller may see: a key of one environment never sees the other's. */
function selectWebhooks({ em, principal: { environment } }: Reader, organizationId: string) {
  const all = em
    .getKysely()
    .selectFrom('webhook')
    .selectAll()
    .where('organization_id', '=', organizationId);
  return environment === null ? all : all.where('environment', '=', environment);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectWebhooks>['executeTakeFirstOrThrow']>>;

function toWebhook(row: Row): Webhook {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    environment: row.environment,
    eventTypes: row.event_types,
    isEnabled: row.disabled_at === null,
    disabledAt: isoTimeOrNull(row.disabled_at),
    disabledReason: row.disabled_reason,
    failingSince: isoTimeOrNull(row.failing_since),
    createdAt: isoTime(row.created_at),
    updatedAt: isoTime(row.updated_at),
  };
}

/** The webhooks of an organization, newest first. */
export function listWebhooks(ctx: Reader & Pick<CallerContext, 'request'>, input: ListWebhooks) {
  return readPage(ctx, selectWebhooks(ctx, input.orgId), input, toWebhook);
}

/** One webhook, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readWebhook(ctx: Reader, { orgId, id }: WebhookRef): Promise<Webhook> {
  const row = await selectWebhooks(ctx, orgId).where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('Webhook');
  return toWebhook(row);
}
