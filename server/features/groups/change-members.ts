import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError, notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { effectivePermissions } from '../../identity/permissions.ts';
import { enrol, findByEmail } from '../../membership/enrol.ts';
import { takeInvitation, type Inviting } from '../../membership/invite-member.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import type { InvitedMember } from '../../membership/member.ts';
import { readMember } from '../../membership/read-members.ts';
import type { AddGroupMember, GroupMemberRef, GroupRef } from './contract.ts';

/** Puts a member into a group; an address that is no active member's is invited first. */
export async function addGroupMember(ctx: Inviting, input: AddGroupMember): Promise<InvitedMember> {
  const { orgId, id: groupId, email, memberId } = input;
  if (email !== undefined) await assertMayInvite(ctx, { orgId, email });
  const { member, invitationToken } = await ctx.em.transactional(async (em) => {
    await lockOrganization(em, orgId);
    await lockGroup(em, input);
    const added =
      email === undefined
        ? { id: memberId ?? '', invitationToken: undefined }
        : await memberOf(em, ctx, { orgId, email });
    const found = await readMember(em, { orgId, id: added.id });
    const { numAffectedRows = 0n } = await sql`
      insert into group_member (group_id, membership_id) values (${groupId}, ${added.id})
      on conflict do nothing`.execute(em.getKysely());
    if (numAffectedRows > 0n) await audit(ctx, em, 'group.member_added', input, added.id);
    return { member: found, invitationToken: added.invitationToken };
  });
  ctx.principals.forget(`user:${member.userId}`);
  return { ...member, ...(invitationToken === undefined ? {} : { invitationToken }) };
}

/** Takes a member out of a group. NOT_FOUND when it is not in it. */
export async function removeGroupMember(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'>,
  input: GroupMemberRef,
) {
  const { id: groupId, memberId } = input;
  return ctx.em.transactional(async (em) => {
    await lockGroup(em, input);
    const { numAffectedRows = 0n } = await sql`
      delete from group_member where group_id = ${groupId} and membership_id = ${memberId}`.execute(
      em.getKysely(),
    );
    if (numAffectedRows === 0n) throw notFound('Member');
    await audit(ctx, em, 'group.member_removed', input, memberId);
    return { groupId, memberId, removed: true as const };
  });
}

async function memberOf(
  em: EntityManager,
  ctx: Inviting,
  { orgId, email }: { readonly orgId: string; readonly email: string },
): Promise<{ readonly id: string; readonly invitationToken: string | undefined }> {
  const known = await findByEmail(em, orgId, email);
  if (known?.deactivated_at === null) return { id: known.id, invitationToken: undefined };
  return enrol(em, ctx, { orgId, email, role: 'MEMBER' });
}

/** Counts an invitation where there will be one. Before the transaction: limits have their own. */
async function assertMayInvite(
  ctx: Inviting,
  { orgId, email }: { readonly orgId: string; readonly email: string },
): Promise<void> {
  const known = await findByEmail(ctx.em, orgId, email);
  if (known?.deactivated_at === null) return;
  // Who may fill groups may not, by that alone, let strangers into the organization.
  const permission = 'members:write';
  if (!effectivePermissions(ctx.principal, orgId).includes(permission)) {
    throw new AppError('FORBIDDEN', `You lack the permission ${permission}`, {
      details: { permission },
    });
  }
  await takeInvitation(ctx, { orgId, email });
}

/** Keeps the group from being deleted, and from nothing else. */
async function lockGroup(em: EntityManager, { orgId, id }: GroupRef): Promise<void> {
  const { rows } = await sql`
    select from member_group where id = ${id} and organization_id = ${orgId} for key share`.execute(
    em.getKysely(),
  );
  if (rows.length === 0) throw notFound('Group');
}

async function audit(
  ctx: Pick<CallerContext, 'clock' | 'origin'>,
  em: EntityManager,
  action: 'group.member_added' | 'group.member_removed',
  { orgId: organizationId, id: targetId }: GroupRef,
  memberId: string,
): Promise<void> {
  const act = { organizationId, action, targetId, details: { memberId } };
  await recordAudit(em, ctx.origin, act, ctx.clock.now());
}
