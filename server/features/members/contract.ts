import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { roles } from '../../../shared/roles.ts';
import { text } from '../../../shared/text.ts';
import { EmailAddress } from '../../identity/email.ts';
import { pageInput } from '../../paging/paging.ts';

const FullName = text({ min: 1, max: 200 });
const Locale = text({ min: 2, max: 35 }).regex(
  /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/,
  'Must be a language tag such as en or pt-BR',
);
const HttpsUrl = text({ min: 1, max: 2_048 }).refine(
  (value) => URL.canParse(value) && new URL(value).protocol === 'https:',
  'Must be a URL that starts with https://',
);

export const InviteMember = z.strictObject({
  orgId: Id,
  email: EmailAddress,
  role: z.enum(roles).default('MEMBER'),
  /** How a new user is called until it says so itself. */
  displayName: FullName.optional(),
  /** BCP 47, of a new user. */
  locale: Locale.optional(),
});

export const ListMembers = z.strictObject({ orgId: Id, ...pageInput });
export const MemberRef = z.strictObject({ orgId: Id, id: Id });

export const UpdateMember = z.strictObject({
  orgId: Id,
  id: Id,
  role: z.enum(roles).optional(),
  fullName: FullName.optional(),
  avatarUrl: HttpsUrl.nullable().optional(),
});

export type ListMembers = z.infer<typeof ListMembers>;
export type MemberRef = z.infer<typeof MemberRef>;
export type UpdateMember = z.infer<typeof UpdateMember>;
