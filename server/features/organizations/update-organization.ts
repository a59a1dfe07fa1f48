import { recordAudit } from '../../../shared/audit/record.ts';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import type { UpdateOrganization } from './contract.ts';
import { jwtSecretFor } from './jwt-secret.ts';
import { toOrganization } from './to-organization.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'apiSecret'> &
  Conditional & { readonly role: Role };

/** Changes what is given and leaves the rest. The `jwtSecret` is in the answer when asked for. */
export async function updateOrganization(ctx: Needs, input: UpdateOrganization) {
  const { id, skipOnboarding, include: _, ...changes } = input;
  const included = jwtSecretFor(ctx, input);
  return ctx.em.transactional(async (em) => {
    await lockOrganization(em, id);
    const organization = await em.findOne(Organization, { id });
    if (!organization) throw notFound('Organization');
    await assertUnchanged(ctx, () => toOrganization(organization));
    if (changes.name !== undefined) organization.name = changes.name;
    if (changes.customAiContext !== undefined)
      organization.customAiContext = changes.customAiContext;
    if (changes.fullEmbedEnabled !== undefined)
      organization.fullEmbedEnabled = changes.fullEmbedEnabled;
    if (changes.embedAllowedOrigins !== undefined)
      organization.embedAllowedOrigins = changes.embedAllowedOrigins;
    if (changes.isBillable !== undefined) organization.isBillable = changes.isBillable;
    if (changes.insightsEnabled !== undefined)
      organization.insightsEnabled = changes.insightsEnabled;
    if (skipOnboarding && organization.onboardingStatus === 'STARTED')
      organization.onboardingStatus = 'SKIPPED';
    await em.flush();
    const fields = Object.keys(input).filter((field) => field !== 'id' && field !== 'include');
    if (fields.length > 0) {
      const act = { organizationId: id, action: 'organization.updated', targetId: id } as const;
      await recordAudit(em, ctx.origin, { ...act, details: { fields } }, ctx.clock.now());
    }
    return { ...toOrganization(organization), ...included };
  });
}
