import { recordAudit } from '../../../shared/audit/record.ts';
import { Webhook } from '../../../shared/db/entities/webhooks/webhook.entity.ts';
import { AppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { environmentFor } from '../../environment-for.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import type { CreateWebhook, WebhookWithSecret } from './contract.ts';
import { readWebhook, type Reader } from './read-webhooks.ts';
import { storeSecret } from './store-secret.ts';

type Needs = Reader & Pick<CallerContext, 'clock' | 'origin' | 'sealer'>;

// Each event makes so many deliveries at most, in the transaction in which it happens.
const maxWebhooks = 20;

/** Has an organization's events sent to an address from now on. The secret is shown here alone. */
export async function createWebhook(ctx: Needs, input: CreateWebhook): Promise<WebhookWithSecret> {
  const { orgId, url, description, eventTypes } = input;
  const environment = environmentFor(ctx.principal.environment, input.environment);
  const id = newId('webhook');
  return ctx.em.transactional(async (em) => {
    await lockOrganization(em, orgId);
    if ((await em.count(Webhook, { organizationId: orgId })) >= maxWebhooks) {
      throw new AppError('CONFLICT', `An organization has ${maxWebhooks} webhooks at most`);
    }
    const settings = { url, description, environment, eventTypes };
    em.create(Webhook, { id, organizationId: orgId, ...settings });
    await em.flush();
    const secret = storeSecret(em, ctx.sealer, {
      organizationId: orgId,
      webhookId: id,
      version: 1,
    });
    await em.flush();
    const act = { organizationId: orgId, action: 'webhook.created', targetId: id } as const;
    // Not the address: what stands behind its host may be a secret of the receiver's.
    const details = { host: new URL(url).host, eventTypes };
    await recordAudit(em, ctx.origin, { ...act, details }, ctx.clock.now());
    return { ...(await readWebhook({ ...ctx, em }, { orgId, id })), secret };
  });
}
