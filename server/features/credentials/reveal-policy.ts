import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { SetRevealPolicy } from './contract.ts';

/** Who may see secrets of the organization in clear. */
export async function getRevealPolicy({ em }: Pick<CallerContext, 'em'>, orgId: string) {
  const organization = await em.findOne(Organization, { id: orgId });
  if (!organization) throw notFound('Organization');
  return { policy: organization.revealPolicy };
}

/** Changes it. A reveal that is under way is decided by what is committed first. */
export async function setRevealPolicy(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'>,
  { orgId, policy }: SetRevealPolicy,
) {
  return ctx.em.transactional(async (em) => {
    // Not FOR UPDATE: see recordAudit.
    await sql`select from organization where id = ${orgId} for no key update`.execute(
      em.getKysely(),
    );
    const organization = await em.findOne(Organization, { id: orgId });
    if (!organization) throw notFound('Organization');
    const { revealPolicy: from } = organization;
    if (from === policy) return { policy };
    organization.revealPolicy = policy;
    await em.flush();
    const action = 'organization.reveal_policy_changed';
    const act = { organizationId: orgId, action, targetId: orgId, details: { from, to: policy } };
    await recordAudit(em, ctx.origin, { ...act, action }, ctx.clock.now());
    return { policy };
  });
}
