import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { CallerContext } from '../../context.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';

/** The organization has no picture any more; nobody is shown the one that it had. */
export async function removeIcon(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'>,
  { id: organizationId }: { readonly id: string },
): Promise<{ iconUrl: null }> {
  await ctx.em.transactional(async (em) => {
    await lockOrganization(em, organizationId);
    const { numAffectedRows = 0n } = await sql`
      delete from organization_icon where organization_id = ${organizationId}`.execute(
      em.getKysely(),
    );
    if (numAffectedRows === 0n) return;
    const action = 'organization.icon_removed';
    const act = { organizationId, action, targetId: organizationId } as const;
    await recordAudit(em, ctx.origin, act, ctx.clock.now());
  });
  return { iconUrl: null };
}
