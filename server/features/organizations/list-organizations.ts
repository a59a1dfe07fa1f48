import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging.ts';
import { toOrganization } from './to-organization.ts';

/** The caller's organizations, newest first. */
export async function listOrganizations(
  ctx: Pick<CallerContext, 'em' | 'principal'>,
  input: { limit: number; cursor?: string | undefined },
) {
  const rows = await ctx.em.find(
    Organization,
    {
      id: {
        $in: await memberOf(ctx),
        ...(input.cursor === undefined ? {} : { $lt: input.cursor }),
      },
    },
    { orderBy: { id: 'desc' }, limit: input.limit + 1 },
  );
  return toPage(rows, input.limit, toOrganization);
}

// From the database, not from the cached principal: a list must show what was just created.
async function memberOf(ctx: Pick<CallerContext, 'em' | 'principal'>): Promise<string[]> {
  const rows = await ctx.em
    .getKysely()
    .selectFrom('membership')
    .select('organization_id')
    .where('user_id', '=', ctx.principal.userId)
    .where('deactivated_at', 'is', null)
    .execute();
  return rows.map((row) => row.organization_id);
}
