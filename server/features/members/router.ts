import { inviteMember } from '../../membership/invite-member.ts';
import { InvitedMember, Member } from '../../membership/member.ts';
import { readMember } from '../../membership/read-members.ts';
import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { deactivateMember, updateMember } from './change-member.ts';
import { InviteMember, ListMembers, MemberRef, UpdateMember } from './contract.ts';
import { listMembers } from './list-members.ts';

const tag = 'Members';
const all = '/organizations/{orgId}/members';
const one = `${all}/{id}` as const;

export const members = router({
  invite: organizationProcedure
    .meta({
      summary: 'Invite somebody, or bring a deactivated member back',
      permission: 'members:write',
      rest: { public: `POST ${all}`, v1: 'POST /users' },
      status: 201,
      showsETag: true,
      tag,
    })
    .input(InviteMember)
    .output(InvitedMember)
    .mutation(({ ctx, input }) => inviteMember(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List members, pending and deactivated ones included',
      permission: 'members:read',
      rest: { public: `GET ${all}` },
      tag,
    })
    .input(ListMembers)
    .output(pageOf(Member))
    .query(({ ctx, input }) => listMembers(ctx, input)),

  get: organizationProcedure
    .meta({
      summary: 'Get a member',
      permission: 'members:read',
      rest: { public: `GET ${one}` },
      showsETag: true,
      tag,
    })
    .input(MemberRef)
    .output(Member)
    .query(({ ctx, input }) => readMember(ctx.em, input)),

  update: organizationProcedure
    .meta({
      summary: 'Change role, name or picture of a member',
      permission: 'members:write',
      rest: { public: `PATCH ${one}` },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateMember)
    .output(Member)
    .mutation(({ ctx, input }) => updateMember(ctx, input)),

  deactivate: organizationProcedure
    .meta({
      summary: 'Deactivate a member: every access ends at once',
      permission: 'members:write',
      rest: { public: `DELETE ${one}` },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(MemberRef)
    .output(Member)
    .mutation(({ ctx, input }) => deactivateMember(ctx, input)),
});
