import { recordAudit } from '../../../shared/audit/record.ts';
import { ApiKey } from '../../../shared/db/entities/api-key.entity.ts';
import { invalidField } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import type { Scope } from '../../identity/permissions.ts';
import { fullAccess } from '../../identity/principal.ts';
import type { CreateApiKey, CreatedApiKey } from './contract.ts';
import { newBearerSecret, newPairSecret } from './new-secret.ts';
import { toApiKey } from './to-api-key.ts';

type Creator = Pick<CallerContext['principal'], 'userId' | 'kind' | 'scopes' | 'environment'>;
type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'> & { readonly principal: Creator };

/**
 * Makes a key that acts as the caller. The answer is the only place where the key stands. A key
 * cannot make a key that may do more than itself.
 */
export async function createApiKey(ctx: Needs, input: CreateApiKey): Promise<CreatedApiKey> {
  const now = ctx.clock.now();
  const { kind = 'bearer', environment = 'live', scopes = [fullAccess] } = input;
  const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt);
  if (expiresAt && expiresAt <= now) throw invalidField('expiresAt', 'Must be in the future');
  assertNoMore(ctx.principal, { kind, environment, scopes });
  const { shown, ...secret } = kind === 'pair' ? newPairSecret(environment) : newBearerSecret();
  return ctx.em.transactional(async (em) => {
    const row = em.create(ApiKey, {
      id: newId('apiKey'),
      organizationId: input.orgId,
      userId: ctx.principal.userId,
      name: input.name,
      kind,
      environment,
      scopes: [...scopes],
      allowedCidrs: [...(input.allowedCidrs ?? [])],
      ...secret,
      previousHash: null,
      previousHashUntil: null,
      lastUsedAt: null,
      expiresAt,
      deactivatedAt: null,
    });
    await em.flush();
    const act = {
      organizationId: input.orgId,
      action: 'api_key.created',
      targetId: row.id,
    } as const;
    await recordAudit(em, ctx.origin, { ...act, details: { kind, scopes } }, now);
    return { ...toApiKey(row), ...shown };
  });
}

/** Refuses scopes that the caller's own credential lacks, and ways out of its environment. */
export function assertNoMore(
  creator: Creator,
  wanted: { kind: 'bearer' | 'pair'; environment: string; scopes: readonly Scope[] },
): void {
  const excess = wanted.scopes.find(
    (scope) => !creator.scopes.has(fullAccess) && !creator.scopes.has(scope),
  );
  if (excess !== undefined) {
    throw invalidField('scopes', `Your own credential lacks the scope ${excess}`);
  }
  if (creator.kind !== 'pair') return;
  if (wanted.kind === 'bearer') throw invalidField('kind', 'A pair cannot make a bearer key');
  if (wanted.environment !== creator.environment) {
    throw invalidField('environment', 'A pair makes keys of its own environment only');
  }
}
