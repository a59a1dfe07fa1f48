import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import { ApiKey } from '../../../shared/db/entities/api-key.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { ApiKeyRef } from './contract.ts';
import { toApiKey } from './to-api-key.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'principals'>;

/** Refuses the key from now on, in every process. Doing it twice changes nothing. */
export async function deactivateApiKey(ctx: Needs, input: ApiKeyRef) {
  const deactivated = await ctx.em.transactional(async (em) => {
    const key = await find(em, input);
    if (key.deactivatedAt) return toApiKey(key);
    key.deactivatedAt = ctx.clock.now();
    await em.flush();
    await notify(em, 'basekeep_principal', `key:${key.id}`);
    await audit(ctx, em, input, 'api_key.deactivated');
    return toApiKey(key);
  });
  // The others hear of it by the notification; here the next request may be quicker than that.
  ctx.principals.forgetKey(input.id);
  return deactivated;
}

/** Removes the key for good. */
export async function deleteApiKey(ctx: Needs, input: ApiKeyRef) {
  await ctx.em.transactional(async (em) => {
    em.remove(await find(em, input));
    await em.flush();
    await notify(em, 'basekeep_principal', `key:${input.id}`);
    await audit(ctx, em, input, 'api_key.deleted');
  });
  ctx.principals.forgetKey(input.id);
  return { id: input.id, deleted: true as const };
}

async function find(em: EntityManager, { orgId, id }: ApiKeyRef) {
  const key = await em.findOne(
    ApiKey,
    { id, organizationId: orgId },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (!key) throw notFound('API key');
  return key;
}

async function audit(
  ctx: Needs,
  em: EntityManager,
  { orgId, id }: ApiKeyRef,
  action: 'api_key.deactivated' | 'api_key.deleted',
): Promise<void> {
  await recordAudit(
    em,
    ctx.origin,
    { organizationId: orgId, action, targetId: id },
    ctx.clock.now(),
  );
}
