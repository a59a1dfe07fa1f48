import { recordAudit } from '../../../shared/audit/record.ts';
import { ApiKey } from '../../../shared/db/entities/api-key.entity.ts';
import { invalidField } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { generateBearerKey, hashBearerKey, hintOf } from '../../identity/bearer-key.ts';
import type { CreateApiKey, CreatedApiKey } from './contract.ts';
import { toApiKey } from './to-api-key.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'> & {
  readonly principal: Pick<CallerContext['principal'], 'userId'>;
};

/** Makes a key that acts as the caller. The answer is the only place where the key stands. */
export async function createApiKey(ctx: Needs, input: CreateApiKey): Promise<CreatedApiKey> {
  const now = ctx.clock.now();
  const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt);
  if (expiresAt && expiresAt <= now) throw invalidField('expiresAt', 'Must be in the future');
  const key = generateBearerKey();
  return ctx.em.transactional(async (em) => {
    const row = em.create(ApiKey, {
      id: newId('apiKey'),
      organizationId: input.orgId,
      userId: ctx.principal.userId,
      name: input.name,
      hint: hintOf(key),
      hash: hashBearerKey(key),
      expiresAt,
      deactivatedAt: null,
    });
    await em.flush();
    await recordAudit(
      em,
      ctx.origin,
      { organizationId: input.orgId, action: 'api_key.created', targetId: row.id },
      now,
    );
    return { ...toApiKey(row), key };
  });
}
