import { LockMode } from '@mikro-orm/core';
import { sql } from 'kysely';
import { Invitation } from '../../../shared/db/entities/invitation.entity.ts';
import { Membership } from '../../../shared/db/entities/membership.entity.ts';
import { User } from '../../../shared/db/entities/user.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError } from '../../../shared/errors.ts';
import { notAnInvitation, type OpenInvitation } from './open-invitation.ts';

/** How the one who accepts is known, and when its password was last typed. */
export type Holder =
  | { readonly kind: 'new'; readonly passwordHash: string; readonly signedInAt: Date }
  | { readonly kind: 'account'; readonly userId: string; readonly signedInAt: Date };

/**
 * Uses the invitation up and makes its membership the holder's, whose id it answers. Of two who
 * accept at once one is told that the invitation is not valid.
 */
export async function joinOrganization(
  em: EntityManager,
  invitation: OpenInvitation,
  holder: Holder,
): Promise<string> {
  const { id, membershipId, userId: pendingId, email, isByEmail } = invitation;
  // Two invitations of one address, accepted at once, make one account.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`account:${email}`}, 0))`.execute(
    em.getKysely(),
  );
  // Locked before the invitation: whoever withdraws or replaces it takes them in this order.
  const membership = await em.findOne(
    Membership,
    { id: membershipId, deactivatedAt: null },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  const isUnused = (await em.nativeDelete(Invitation, { id })) === 1;
  if (!membership || !isUnused) throw notAnInvitation();
  if (holder.kind === 'account') {
    membership.userId = holder.userId;
    await em.flush();
    await em.nativeDelete(User, { id: pendingId, status: 'PENDING' });
    return holder.userId;
  }
  // The address got its account since we looked: whose password this is was not checked.
  if (await em.findOne(User, { email, status: 'ACTIVE' })) {
    throw new AppError('CONFLICT', 'The address has an account by now: accept with its password');
  }
  const user = await em.findOneOrFail(User, { id: pendingId });
  user.status = 'ACTIVE';
  user.passwordHash = holder.passwordHash;
  user.isEmailVerified = isByEmail;
  await em.flush();
  return user.id;
}
