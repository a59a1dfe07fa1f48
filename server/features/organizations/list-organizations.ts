import type { CallerContext } from '../../context.ts';
import { readPage } from '../../paging/paging.ts';
import { toOrganization } from './to-organization.ts';

/** The organizations that the caller reaches with this credential, newest first. */
export async function listOrganizations(
  ctx: Pick<CallerContext, 'em' | 'principal' | 'request'>,
  input: { limit: number; cursor?: string | undefined },
) {
  const { kind, userId, organizationId } = ctx.principal;
  const db = ctx.em.getKysely();
  // From the database, not from the cached principal: a list must show what was just created.
  const memberOf = db
    .selectFrom('membership')
    .select('organization_id')
    .where('user_id', '=', userId)
    .where('deactivated_at', 'is', null);
  const query = db
    .selectFrom('organization')
    .select([
      'id',
      'name',
      'slug',
      'custom_ai_context as customAiContext',
      'onboarding_status as onboardingStatus',
      'full_embed_enabled as fullEmbedEnabled',
      'embed_allowed_origins as embedAllowedOrigins',
      'is_billable as isBillable',
      'insights_enabled as insightsEnabled',
      'trial_ends_at as trialEndsAt',
    ])
    .where('id', 'in', memberOf)
    .$if(kind === 'pair', (all) => all.where('id', '=', organizationId));
  return readPage(ctx, query, input, toOrganization);
}
