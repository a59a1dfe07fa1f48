import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';
import { EmailAddress } from '../../identity/email.ts';
import { pageInput } from '../../paging/paging.ts';

const Name = text({ min: 1, max: 120 });
const CustomAiContext = text({ max: 50_000 }).nullable();

export const CreateGroup = z.strictObject({
  orgId: Id,
  name: Name,
  customAiContext: CustomAiContext.default(null),
  /** The project that the group is made in; none: it is the whole organization's. */
  projectId: Id.optional(),
});

export const ListGroups = z.strictObject({ orgId: Id, projectId: Id.optional(), ...pageInput });
export const GroupRef = z.strictObject({ orgId: Id, id: Id });

export const UpdateGroup = z.strictObject({
  orgId: Id,
  id: Id,
  name: Name.optional(),
  customAiContext: CustomAiContext.optional(),
});

export const ListGroupMembers = z.strictObject({ orgId: Id, id: Id, ...pageInput });

export const AddGroupMember = z
  .strictObject({
    orgId: Id,
    id: Id,
    /** A member of the organization, */
    memberId: Id.optional(),
    /** or an address, which is invited unless it is a member already. */
    email: EmailAddress.optional(),
  })
  .refine(({ memberId, email }) => (memberId === undefined) !== (email === undefined), {
    path: ['memberId'],
    error: 'Give either memberId or email',
  });

export const GroupMemberRef = z.strictObject({ orgId: Id, id: Id, memberId: Id });

export const Group = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    projectId: z.string().nullable(),
    name: z.string(),
    customAiContext: z.string().nullable(),
    memberCount: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Group' });

export const DeletedGroup = z.object({ id: z.string(), deleted: z.literal(true) });
export const RemovedGroupMember = z.object({
  groupId: z.string(),
  memberId: z.string(),
  removed: z.literal(true),
});

export type CreateGroup = z.infer<typeof CreateGroup>;
export type ListGroups = z.infer<typeof ListGroups>;
export type GroupRef = z.infer<typeof GroupRef>;
export type UpdateGroup = z.infer<typeof UpdateGroup>;
export type ListGroupMembers = z.infer<typeof ListGroupMembers>;
export type AddGroupMember = z.infer<typeof AddGroupMember>;
export type GroupMemberRef = z.infer<typeof GroupMemberRef>;
export type Group = z.infer<typeof Group>;
