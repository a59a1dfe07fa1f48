import { InvitedMember, Member } from '../../membership/member.ts';
import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { createGroup, deleteGroup, updateGroup } from './change-group.ts';
import { addGroupMember, removeGroupMember } from './change-members.ts';
import {
  AddGroupMember,
  CreateGroup,
  DeletedGroup,
  Group,
  GroupMemberRef,
  GroupRef,
  ListGroupMembers,
  ListGroups,
  RemovedGroupMember,
  UpdateGroup,
} from './contract.ts';
import { listGroupMembers, listGroups, readGroup } from './read-groups.ts';

const tag = 'Groups';
const all = '/organizations/{orgId}/groups';
const one = `${all}/{id}` as const;

export const groups = router({
  create: organizationProcedure
    .meta({
      summary: 'Create a group',
      permission: 'groups:write',
      rest: { public: `POST ${all}`, v1: 'POST /groups' },
      status: 201,
      showsETag: true,
      tag,
    })
    .input(CreateGroup)
    .output(Group)
    .mutation(({ ctx, input }) => createGroup(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List the groups of an organization or of one of its projects',
      permission: 'groups:read',
      rest: { public: `GET ${all}`, v1: 'GET /groups' },
      tag,
    })
    .input(ListGroups)
    .output(pageOf(Group))
    .query(({ ctx, input }) => listGroups(ctx, input)),

  get: organizationProcedure
    .meta({
      summary: 'Get a group',
      permission: 'groups:read',
      rest: { public: `GET ${one}` },
      showsETag: true,
      tag,
    })
    .input(GroupRef)
    .output(Group)
    .query(({ ctx, input }) => readGroup(ctx.em, input)),

  update: organizationProcedure
    .meta({
      summary: 'Change name or context of a group',
      permission: 'groups:write',
      rest: { public: `PATCH ${one}` },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateGroup)
    .output(Group)
    .mutation(({ ctx, input }) => updateGroup(ctx, input)),

  delete: organizationProcedure
    .meta({
      summary: 'Delete a group; its members stay members',
      permission: 'groups:write',
      rest: { public: `DELETE ${one}` },
      takesIfMatch: true,
      tag,
    })
    .input(GroupRef)
    .output(DeletedGroup)
    .mutation(({ ctx, input }) => deleteGroup(ctx, input)),

  listMembers: organizationProcedure
    .meta({
      summary: 'List the members of a group',
      permission: 'groups:read',
      rest: { public: `GET ${one}/members` },
      tag,
    })
    .input(ListGroupMembers)
    .output(pageOf(Member))
    .query(({ ctx, input }) => listGroupMembers(ctx, input)),

  addMember: organizationProcedure
    .meta({
      summary: 'Put a member into a group, or invite an address into it',
      permission: 'groups:write',
      rest: { public: `POST ${one}/members` },
      status: 201,
      tag,
    })
    .input(AddGroupMember)
    .output(InvitedMember)
    .mutation(({ ctx, input }) => addGroupMember(ctx, input)),

  removeMember: organizationProcedure
    .meta({
      summary: 'Take a member out of a group',
      permission: 'groups:write',
      rest: { public: `DELETE ${one}/members/{memberId}` },
      tag,
    })
    .input(GroupMemberRef)
    .output(RemovedGroupMember)
    .mutation(({ ctx, input }) => removeGroupMember(ctx, input)),
});
