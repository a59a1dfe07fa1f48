import { Invitation } from '../../shared/db/entities/invitation.entity.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { newId } from '../../shared/ids.ts';
import { invitationContext } from '../../shared/vault/invitation-context.ts';
import type { CallerContext } from '../context.ts';
import { hashInvitationToken, newInvitationToken } from './invitation-token.ts';

export type Issuer = Pick<CallerContext, 'clock' | 'jobs' | 'sealer' | 'sendsMail'>;

interface Place {
  readonly organizationId: string;
  readonly membershipId: string;
  readonly email: string;
}

const lifetimeMs = 7 * 86_400_000;

/**
 * Puts a new invitation in the place of the membership's old one. Where Basekeep sends e-mail the
 * token leaves this process sealed, for a worker to send it to this one address; where it does not,
 * the token is the answer, for the inviting admin to pass on.
 */
export async function issueInvitation(
  em: EntityManager,
  { clock, jobs, sealer, sendsMail }: Issuer,
  { organizationId, membershipId, email }: Place,
): Promise<string | undefined> {
  const id = newId('invitation');
  const token = newInvitationToken();
  const sealed = sendsMail
    ? sealer.seal(token, invitationContext({ organizationId, invitationId: id, email }))
    : null;
  await em.nativeDelete(Invitation, { membershipId });
  em.create(Invitation, {
    id,
    organizationId,
    membershipId,
    tokenHash: hashInvitationToken(token),
    isByEmail: sendsMail,
    expiresAt: new Date(clock.now().getTime() + lifetimeMs),
    kid: sealed && sealed.kid,
    wrapped: sealed && Buffer.from(sealed.wrapped),
    nonce: sealed && Buffer.from(sealed.nonce),
    ciphertext: sealed && Buffer.from(sealed.ciphertext),
  });
  await em.flush();
  if (!sendsMail) return token;
  await jobs.send(em, 'send-invitation', { invitationId: id }, { organizationId, key: id });
  return undefined;
}
