import { z } from 'zod';
import { roles } from '../../../shared/roles.ts';
import { text } from '../../../shared/text.ts';
import { permissions } from '../../identity/permissions.ts';

// Argon2id takes any length; 1,024 bytes keep one sign-in from being a burden.
const bytes = (value: string): number => Buffer.byteLength(value.normalize('NFKC'), 'utf8');
export const NewPassword = text({ max: 1_024 }).refine(
  (value) => bytes(value) >= 12 && bytes(value) <= 1_024,
  'Must have 12 to 1,024 bytes',
);

export const Login = z.strictObject({
  email: text({ min: 1, max: 320 }),
  password: text({ min: 1, max: 1_024 }),
});

export const Refresh = z.strictObject({ refreshToken: text({ min: 1, max: 200 }) });
/** `password` chooses the one of a new account, or proves an existing one. */
export const AcceptInvitation = z.strictObject({
  token: text({ min: 1, max: 200 }),
  password: text({ min: 1, max: 1_024 }).optional(),
});

export const Nothing = z.strictObject({});
export const ChangePassword = z.strictObject({
  currentPassword: text({ min: 1, max: 1_024 }),
  newPassword: NewPassword,
});

/** `expiresIn` is the access token's, in seconds. */
export const Tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int(),
});

export const Me = z.object({
  user: z.object({
    id: z.string(),
    email: z.string(),
    displayName: z.string().nullable(),
    locale: z.string(),
  }),
  /** How this request was signed in. */
  credential: z.object({ kind: z.enum(['session', 'bearer', 'pair']), id: z.string() }),
  organizations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      slug: z.string(),
      role: z.enum(roles),
      /** What role and scopes allow together. */
      permissions: z.array(z.enum(permissions)),
    }),
  ),
});

export const Done = z.object({ done: z.literal(true) });

export type Login = z.infer<typeof Login>;
export type AcceptInvitation = z.infer<typeof AcceptInvitation>;
export type Refresh = z.infer<typeof Refresh>;
export type ChangePassword = z.infer<typeof ChangePassword>;
export type Tokens = z.infer<typeof Tokens>;
export type Me = z.infer<typeof Me>;
