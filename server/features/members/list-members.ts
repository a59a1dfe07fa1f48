import type { CallerContext } from '../../context.ts';
import { selectMembers, toMember } from '../../membership/read-members.ts';
import { toPage } from '../../paging.ts';
import type { ListMembers } from './contract.ts';

/** The organization's members, newest first, pending and deactivated ones included. */
export async function listMembers(ctx: Pick<CallerContext, 'em'>, input: ListMembers) {
  let query = selectMembers(ctx.em, input.orgId)
    .orderBy('membership.id', 'desc')
    .limit(input.limit + 1);
  if (input.cursor !== undefined) query = query.where('membership.id', '<', input.cursor);
  return toPage(await query.execute(), input.limit, toMember);
}
