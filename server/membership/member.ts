import { z } from 'zod';
import { roles } from '../../shared/roles.ts';

const Time = z.iso.datetime();

/** The member of the contract. Its `user` is as this organization knows it. */
export const Member = z
  .object({
    id: z.string(),
    createdAt: Time,
    deactivatedAt: Time.nullable(),
    role: z.enum(roles),
    userId: z.string(),
    organizationId: z.string(),
    user: z.object({
      id: z.string(),
      fullName: z.string().nullable(),
      avatarUrl: z.string().nullable(),
      email: z.string(),
      isEmailVerified: z.boolean(),
      createdAt: Time,
      firstName: z.string().nullable(),
      title: z.string().nullable(),
    }),
  })
  .meta({ id: 'Member' });

export const InvitedMember = Member.extend({
  invitationToken: z.string().optional().meta({
    description:
      'What the invited person accepts with, shown once: only where Basekeep sends no e-mail.',
  }),
}).meta({ id: 'InvitedMember' });

export type Member = z.infer<typeof Member>;
export type InvitedMember = z.infer<typeof InvitedMember>;
