import type { CallerContext } from '../context.ts';
import { accountOf } from '../identity/email.ts';
import type { Limit } from '../identity/limiter.ts';
import { assertMayGrant } from './assert-may-grant.ts';
import { enrol, type Candidate, type Needs } from './enrol.ts';
import { lockOrganization } from './lock-organization.ts';
import type { InvitedMember } from './member.ts';
import { readMember } from './read-members.ts';

// Invitations are mail to strangers: neither an organization nor all of them together flood anybody.
const organizationLimit: Limit = { name: 'invite', limit: 500, windowSeconds: 3_600 };
const addressLimit: Limit = { name: 'invite-to', limit: 10, windowSeconds: 3_600 };

export type Inviting = Needs & Pick<CallerContext, 'em' | 'limiter' | 'principal' | 'principals'>;

/** Takes one of the organization's and of the address's invitations, or throws RATE_LIMITED. */
export async function takeInvitation(
  { limiter }: Pick<CallerContext, 'limiter'>,
  { orgId, email }: Pick<Candidate, 'orgId' | 'email'>,
): Promise<void> {
  await limiter.take(organizationLimit, orgId);
  await limiter.take(addressLimit, accountOf(email));
}

/** Invites an address, or brings a deactivated member back: see `enrol`. */
export async function inviteMember(ctx: Inviting, candidate: Candidate): Promise<InvitedMember> {
  assertMayGrant(ctx.principal, candidate.role);
  await takeInvitation(ctx, candidate);
  const { invitationToken, ...member } = await ctx.em.transactional(async (em) => {
    await lockOrganization(em, candidate.orgId);
    const { id, invitationToken: token } = await enrol(em, ctx, candidate);
    return { ...(await readMember(em, { orgId: candidate.orgId, id })), invitationToken: token };
  });
  ctx.principals.forget(`user:${member.userId}`);
  return { ...member, ...(invitationToken === undefined ? {} : { invitationToken }) };
}
