import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError } from '../../../shared/errors.ts';
import { hashInvitationToken } from '../../membership/invitation-token.ts';

export interface OpenInvitation {
  readonly id: string;
  readonly organizationId: string;
  readonly membershipId: string;
  /** The pending user that the invitation was made with. */
  readonly userId: string;
  readonly email: string;
  readonly isByEmail: boolean;
}

/** One answer for a token that is wrong, used, replaced, withdrawn, expired or somebody else's. */
export const notAnInvitation = (): AppError =>
  new AppError('UNAUTHENTICATED', 'The invitation is not valid', {
    details: { reason: 'invitation' },
  });

/** The invitation that a token belongs to; null when it can no longer be accepted. */
export async function openInvitation(
  em: EntityManager,
  unsafeToken: string,
): Promise<OpenInvitation | null> {
  const row = await em
    .getKysely()
    .selectFrom('invitation')
    .innerJoin('membership', 'membership.id', 'invitation.membership_id')
    .innerJoin('app_user', 'app_user.id', 'membership.user_id')
    .select([
      'invitation.id',
      'invitation.organization_id',
      'invitation.membership_id',
      'invitation.is_by_email',
      'membership.user_id',
      'app_user.email',
    ])
    .where('invitation.token_hash', '=', hashInvitationToken(unsafeToken))
    .where(sql<boolean>`invitation.expires_at > now()`)
    .where('membership.deactivated_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  return {
    id: row.id,
    organizationId: row.organization_id,
    membershipId: row.membership_id,
    userId: row.user_id,
    email: row.email,
    isByEmail: row.is_by_email,
  };
}
