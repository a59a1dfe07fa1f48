import type { InferEntity } from '@mikro-orm/core';
import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { Invitation } from '../../../shared/db/entities/invitation.entity.ts';
import { Membership } from '../../../shared/db/entities/membership.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError, notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { assertMayGrant } from '../../membership/assert-may-grant.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import type { Member } from '../../membership/member.ts';
import { readMember } from '../../membership/read-members.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import type { MemberRef, UpdateMember } from './contract.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'principal' | 'principals'> &
  Conditional;

/** Changes what is given. A role counts at once, in every process. */
export async function updateMember(ctx: Needs, input: UpdateMember): Promise<Member> {
  assertMayGrant(ctx.principal, input.role);
  return change(ctx, input, (_, member) => {
    if (input.role !== undefined) member.role = input.role;
    if (input.fullName !== undefined) member.fullName = input.fullName;
    if (input.avatarUrl !== undefined) member.avatarUrl = input.avatarUrl ?? '';
    const fields = Object.keys(input).filter((field) => field !== 'orgId' && field !== 'id');
    return Promise.resolve({ action: 'member.updated', details: { fields } });
  });
}

/** Takes every access to the organization away, from sessions and keys alike, at once. */
export function deactivateMember(ctx: Needs, input: MemberRef): Promise<Member> {
  return change(ctx, input, async (em, member) => {
    if (member.deactivatedAt !== null) return null;
    member.deactivatedAt = ctx.clock.now();
    // An invitation that is still out would be a way back in.
    await em.nativeDelete(Invitation, { membershipId: member.id });
    return { action: 'member.deactivated' };
  });
}

interface Deed {
  readonly action: Extract<AuditAction, `member.${string}`>;
  readonly details?: Readonly<Record<string, unknown>>;
}

async function change(
  ctx: Needs,
  { orgId, id }: MemberRef,
  work: (em: EntityManager, member: InferEntity<typeof Membership>) => Promise<Deed | null>,
): Promise<Member> {
  const changed = await ctx.em.transactional(async (em) => {
    // One change at a time: two admins who demote each other at once must not both succeed.
    await lockOrganization(em, orgId);
    const member = await em.findOne(Membership, { id, organizationId: orgId });
    if (!member) throw notFound('Member');
    await assertUnchanged(ctx, () => readMember(em, { orgId, id }));
    const deed = await work(em, member);
    await em.flush();
    if (deed) {
      await assertAdminLeft(em, orgId);
      await notify(em, 'basekeep_principal', `user:${member.userId}`);
      const act = { organizationId: orgId, targetId: id, ...deed };
      await recordAudit(em, ctx.origin, act, ctx.clock.now());
    }
    return readMember(em, { orgId, id });
  });
  ctx.principals.forget(`user:${changed.userId}`);
  return changed;
}

/** Whoever has not accepted yet cannot act, and so is no admin to leave an organization to. */
async function assertAdminLeft(em: EntityManager, organizationId: string): Promise<void> {
  const admin = await em
    .getKysely()
    .selectFrom('membership')
    .innerJoin('app_user', 'app_user.id', 'membership.user_id')
    .select('membership.id')
    .where('membership.organization_id', '=', organizationId)
    .where('membership.role', '=', 'ADMIN')
    .where('membership.deactivated_at', 'is', null)
    .where('app_user.status', '=', 'ACTIVE')
    .limit(1)
    .executeTakeFirst();
  if (!admin) throw new AppError('CONFLICT', 'An organization keeps at least one active ADMIN');
}
