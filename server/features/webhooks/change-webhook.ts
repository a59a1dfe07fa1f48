import { LockMode } from '@mikro-orm/core';
import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { Webhook } from '../../../shared/db/entities/webhooks/webhook.entity.ts';
import { WebhookSecret } from '../../../shared/db/entities/webhooks/webhook-secret.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { assertUnchanged } from '../../middleware/entity-tag.ts';
import type {
  RotateSecret,
  UpdateWebhook,
  Webhook as WebhookShown,
  WebhookRef,
  WebhookWithSecret,
} from './contract.ts';
import { readWebhook, type Reader } from './read-webhooks.ts';
import { storeSecret } from './store-secret.ts';

type Needs = Reader &
  Pick<CallerContext, 'clock' | 'origin' | 'sealer'> & {
    readonly request: Pick<CallerContext['request'], 'ifMatch'>;
  };

/** Changes what is given. Switched on again, a webhook that was failing has a clean slate. */
export async function updateWebhook(ctx: Needs, input: UpdateWebhook): Promise<WebhookShown> {
  return ctx.em.transactional(async (em) => {
    const row = await find(ctx, em, input);
    const { orgId: _orgId, id: _id, isEnabled, ...settings } = input;
    if (settings.url !== undefined) row.url = settings.url;
    if (settings.description !== undefined) row.description = settings.description;
    if (settings.eventTypes !== undefined) row.eventTypes = settings.eventTypes;
    if (isEnabled === true) {
      row.disabledAt = row.disabledReason = row.failingSince = null;
    } else if (isEnabled === false && row.disabledAt === null) {
      row.disabledAt = ctx.clock.now();
      row.disabledReason = 'SWITCHED_OFF';
    }
    const fields = Object.keys(input).filter((field) => field !== 'orgId' && field !== 'id');
    if (fields.length > 0) await finish(ctx, em, input, 'webhook.updated', { fields });
    return readWebhook({ ...ctx, em }, input);
  });
}

/** Makes a new secret, which signs from now on; the old one beside it for `overlapSeconds` more. */
export async function rotateSecret(ctx: Needs, input: RotateSecret): Promise<WebhookWithSecret> {
  const { orgId, id, overlapSeconds } = input;
  return ctx.em.transactional(async (em) => {
    await find(ctx, em, input);
    const stored = await em.find(
      WebhookSecret,
      { webhookId: id },
      { orderBy: { version: 'desc' } },
    );
    const [current, ...older] = stored;
    // Two at a time: a third signature would be one that somebody has long been told to forget.
    for (const secret of older) em.remove(secret);
    if (current && overlapSeconds === 0) em.remove(current);
    else if (current) {
      current.expiresAt = new Date(ctx.clock.now().getTime() + overlapSeconds * 1_000);
    }
    const version = (current?.version ?? 0) + 1;
    const place = { organizationId: orgId, webhookId: id, version };
    const secret = storeSecret(em, ctx.sealer, place);
    await finish(ctx, em, input, 'webhook.secret_rotated', { version, overlapSeconds });
    return { ...(await readWebhook({ ...ctx, em }, input)), secret };
  });
}

/** Removes the webhook with its secrets and its deliveries, also those that are under way. */
export async function deleteWebhook(ctx: Needs, input: WebhookRef) {
  return ctx.em.transactional(async (em) => {
    em.remove(await find(ctx, em, input));
    await finish(ctx, em, input, 'webhook.deleted');
    return { id: input.id, deleted: true as const };
  });
}

/** The webhook, locked, if it is one of the caller's environment and nobody changed it meanwhile. */
async function find(ctx: Needs, em: EntityManager, { orgId, id }: WebhookRef) {
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  const row = await em.findOne(Webhook, { id, organizationId: orgId }, { lockMode });
  const { environment } = ctx.principal;
  if (!row || (environment !== null && row.environment !== environment)) throw notFound('Webhook');
  await assertUnchanged(ctx, () => readWebhook({ ...ctx, em }, { orgId, id }));
  return row;
}

async function finish(
  ctx: Needs,
  em: EntityManager,
  { orgId, id }: WebhookRef,
  action: Extract<AuditAction, `webhook.${string}`>,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await em.flush();
  const act = { organizationId: orgId, action, targetId: id, details };
  await recordAudit(em, ctx.origin, act, ctx.clock.now());
}
