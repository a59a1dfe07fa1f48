import { randomBytes } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import { Membership } from '../../../shared/db/entities/membership.entity.ts';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import { AppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import type { CreateOrganization, Organization as OrganizationOutput } from './contract.ts';
import { slugOf } from './slug.ts';
import { toOrganization } from './to-organization.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'> & {
  readonly principal: Pick<CallerContext['principal'], 'userId'>;
};

/** Creates an organization with the caller as its ADMIN. CONFLICT when a given slug is taken. */
export async function createOrganization(
  ctx: Needs,
  input: CreateOrganization,
): Promise<OrganizationOutput> {
  if (input.slug !== undefined) return insert(ctx, input, input.slug);
  const slug = slugOf(input.name);
  try {
    return await insert(ctx, input, slug);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'CONFLICT')) throw error;
    // 40 random bits: a second clash would take a million organizations of one name.
    return insert(ctx, input, `${slug}-${randomBytes(5).toString('hex')}`);
  }
}

async function insert(ctx: Needs, input: CreateOrganization, slug: string) {
  const { skipOnboarding, slug: _, ...settings } = input;
  try {
    return await ctx.em.transactional(async (em) => {
      const organization = em.create(Organization, {
        id: newId('organization'),
        slug,
        onboardingStatus: skipOnboarding ? 'SKIPPED' : 'STARTED',
        fullEmbedEnabled: false,
        embedAllowedOrigins: [],
        insightsEnabled: true,
        customAiContext: null,
        trialEndsAt: null,
        ...definedOnly(settings),
        name: input.name,
        isBillable: input.isBillable,
      });
      await em.flush();
      em.create(Membership, {
        id: newId('membership'),
        organizationId: organization.id,
        userId: ctx.principal.userId,
        role: 'ADMIN',
      });
      await em.flush();
      await notify(em, 'basekeep_principal', `user:${ctx.principal.userId}`);
      await recordAudit(
        em,
        ctx.origin,
        {
          organizationId: organization.id,
          action: 'organization.created',
          targetId: organization.id,
        },
        ctx.clock.now(),
      );
      return toOrganization(organization);
    });
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    throw new AppError('CONFLICT', 'slug: Already taken by another organization', {
      fields: { slug: 'Already taken by another organization' },
      cause: error,
    });
  }
}

function definedOnly<T extends object>(value: T) {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));
}
