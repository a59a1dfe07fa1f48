import { LockMode } from '@mikro-orm/core';
import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { ApiKey } from '../../../shared/db/entities/api-key.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError, notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { assertUnchanged } from '../../middleware/entity-tag.ts';
import { assertNoMore } from './create-api-key.ts';
import type {
  ApiKey as KeyShown,
  ApiKeyRef,
  CreatedApiKey,
  RotateApiKey,
  UpdateApiKey,
} from './contract.ts';
import { newBearerSecret, newPairSecret } from './new-secret.ts';
import { toApiKey } from './to-api-key.ts';

type Needs = Pick<
  CallerContext,
  'em' | 'clock' | 'origin' | 'principal' | 'principals' | 'request'
>;

/** Changes name, scopes or networks, or switches the key off and on; effective at once everywhere. */
export async function updateApiKey(ctx: Needs, input: UpdateApiKey) {
  return change(ctx, input, async (em) => {
    const key = await find(em, input);
    await assertUnchanged(ctx, () => toApiKey(key));
    if (input.scopes) assertNoMore(ctx.principal, { ...key, scopes: input.scopes });
    if (input.name !== undefined) key.name = input.name;
    if (input.scopes !== undefined) key.scopes = input.scopes;
    if (input.allowedCidrs !== undefined) key.allowedCidrs = input.allowedCidrs;
    const action = switched(input.active, key.deactivatedAt !== null);
    if (action === 'api_key.deactivated') key.deactivatedAt = ctx.clock.now();
    if (action === 'api_key.reactivated') key.deactivatedAt = null;
    const { orgId: _orgId, id: _id, ...changes } = input;
    if (Object.keys(changes).length > 0) await finish(ctx, em, input, action ?? 'api_key.updated');
    return toApiKey(key);
  });
}

/** Refuses the key from now on, in every process. */
export function deactivateApiKey(ctx: Needs, { orgId, id }: ApiKeyRef) {
  return updateApiKey(ctx, { orgId, id, active: false });
}

/**
 * Gives the key a new secret; the old one is taken for `overlapSeconds` more. The answer hands the key
 * over to the caller, so it gives no more than the caller could have made for itself.
 */
export async function rotateApiKey(ctx: Needs, input: RotateApiKey): Promise<CreatedApiKey> {
  return change(ctx, input, async (em) => {
    const key = await find(em, input);
    assertOwnIfBearer(ctx, key);
    assertNoMore(ctx.principal, { ...key, scopes: toApiKey(key).scopes });
    const { shown, hash, hint } =
      key.publicId === null ? newBearerSecret() : newPairSecret(key.environment, key.publicId);
    const overlapMs = input.overlapSeconds * 1_000;
    key.previousHash = overlapMs > 0 ? key.hash : null;
    key.previousHashUntil = overlapMs > 0 ? new Date(ctx.clock.now().getTime() + overlapMs) : null;
    key.hash = hash;
    key.hint = hint;
    await finish(ctx, em, input, 'api_key.rotated');
    return { ...toApiKey(key), ...shown };
  });
}

/** A bearer key acts in every organization of its user, so no other user may come to hold it. */
function assertOwnIfBearer(
  { principal }: Pick<CallerContext, 'principal'>,
  { kind, userId }: Pick<KeyShown, 'kind' | 'userId'>,
): void {
  if (kind !== 'bearer' || userId === principal.userId) return;
  const text = 'Only its own user can rotate a bearer key; you may deactivate or delete it';
  throw new AppError('FORBIDDEN', text);
}

/** Removes the key for good. */
export async function deleteApiKey(ctx: Needs, input: ApiKeyRef) {
  return change(ctx, input, async (em) => {
    const key = await find(em, input);
    await assertUnchanged(ctx, () => toApiKey(key));
    em.remove(key);
    await finish(ctx, em, input, 'api_key.deleted');
    return { id: input.id, deleted: true as const };
  });
}

function switched(wanted: boolean | undefined, isOff: boolean) {
  if (wanted === undefined || wanted !== isOff) return null;
  return wanted ? 'api_key.reactivated' : 'api_key.deactivated';
}

async function change<Result>(
  ctx: Needs,
  { id }: ApiKeyRef,
  work: (em: EntityManager) => Promise<Result>,
): Promise<Result> {
  const result = await ctx.em.transactional(work);
  ctx.principals.forget(`credential:${id}`);
  return result;
}

async function find(em: EntityManager, { orgId, id }: ApiKeyRef) {
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  const key = await em.findOne(ApiKey, { id, organizationId: orgId }, { lockMode });
  if (!key) throw notFound('API key');
  return key;
}

async function finish(
  ctx: Needs,
  em: EntityManager,
  { orgId, id }: ApiKeyRef,
  action: Extract<AuditAction, `api_key.${string}`>,
): Promise<void> {
  await em.flush();
  await notify(em, 'basekeep_principal', `credential:${id}`);
  const act = { organizationId: orgId, action, targetId: id } as const;
  await recordAudit(em, ctx.origin, act, ctx.clock.now());
}
