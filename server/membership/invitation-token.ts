import { createHash, randomBytes } from 'node:crypto';

/** A new token: `bki_` and 256 random bits. */
export const newInvitationToken = (): string => `bki_${randomBytes(32).toString('base64url')}`;

export function hashInvitationToken(unsafeToken: string): Buffer {
  return createHash('sha256').update(unsafeToken).digest();
}
