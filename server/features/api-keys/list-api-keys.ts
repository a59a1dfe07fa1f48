import { ApiKey } from '../../../shared/db/entities/api-key.entity.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { effectivePermissions } from '../../identity/permissions.ts';
import { toPage } from '../../paging/paging.ts';
import type { ListedApiKey } from './contract.ts';
import { toApiKey } from './to-api-key.ts';

/** The organization's keys, newest first, deactivated ones included. */
export async function listApiKeys(
  ctx: Pick<CallerContext, 'em' | 'clock'>,
  { orgId, limit, cursor }: { orgId: string; limit: number; cursor?: string | undefined },
) {
  const rows = await ctx.em.find(
    ApiKey,
    { organizationId: orgId, ...(cursor === undefined ? {} : { id: { $lt: cursor } }) },
    { orderBy: { id: 'desc' }, limit: limit + 1 },
  );
  const userIds = rows.map(({ userId }) => userId);
  const roles = await rolesIn(ctx, orgId, userIds);
  const now = ctx.clock.now();
  return toPage(rows, limit, (row): ListedApiKey => {
    const isTaken = row.deactivatedAt === null && (row.expiresAt === null || row.expiresAt > now);
    const role = isTaken ? roles.get(row.userId) : undefined;
    const asKey = {
      roles: new Map<string, Role>(role ? [[orgId, role]] : []),
      scopes: new Set(row.scopes),
    };
    return { ...toApiKey(row), permissions: effectivePermissions(asKey, orgId) };
  });
}

/** The roles of those among the users who belong to the organization today. */
async function rolesIn(
  { em }: Pick<CallerContext, 'em'>,
  orgId: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, Role>> {
  const members = await em
    .getKysely()
    .selectFrom('membership')
    .select(['user_id', 'role'])
    .where('organization_id', '=', orgId)
    .where('user_id', 'in', ['', ...userIds])
    .where('deactivated_at', 'is', null)
    .execute();
  return new Map(members.map(({ user_id, role }) => [user_id, role]));
}
