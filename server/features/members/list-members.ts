import type { CallerContext } from '../../context.ts';
import { membersNewestFirst, selectMembers, toMember } from '../../membership/read-members.ts';
import { readPage } from '../../paging/paging.ts';
import type { ListMembers } from './contract.ts';

/** The organization's members, newest first, pending and deactivated ones included. */
export function listMembers(ctx: Pick<CallerContext, 'em' | 'request'>, input: ListMembers) {
  return readPage(ctx, selectMembers(ctx.em, input.orgId), input, toMember, membersNewestFirst);
}
