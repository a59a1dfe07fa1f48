import { recordAudit } from '../../../shared/audit/record.ts';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import type { SetRevealPolicy } from './contract.ts';

/** Who may see secrets of the organization in clear. */
export async function getRevealPolicy({ em }: Pick<CallerContext, 'em'>, orgId: string) {
  const organization = await em.findOne(Organization, { id: orgId });
  if (!organization) throw notFound('Organization');
  return { policy: organization.revealPolicy };
}

/** Changes it. A reveal that is under way is decided by what is committed first. */
export async function setRevealPolicy(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'> & Conditional,
  { orgId, policy }: SetRevealPolicy,
) {
  return ctx.em.transactional(async (em) => {
    await lockOrganization(em, orgId);
    const organization = await em.findOne(Organization, { id: orgId });
    if (!organization) throw notFound('Organization');
    const { revealPolicy: from } = organization;
    await assertUnchanged(ctx, () => ({ policy: from }));
    if (from === policy) return { policy };
    organization.revealPolicy = policy;
    await em.flush();
    const action = 'organization.reveal_policy_changed';
    const act = { organizationId: orgId, action, targetId: orgId, details: { from, to: policy } };
    await recordAudit(em, ctx.origin, { ...act, action }, ctx.clock.now());
    return { policy };
  });
}
