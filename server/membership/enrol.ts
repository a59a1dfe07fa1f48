import { recordAudit } from '../../shared/audit/record.ts';
import { Membership } from '../../shared/db/entities/membership.entity.ts';
import { User } from '../../shared/db/entities/user.entity.ts';
import { notify } from '../../shared/db/notify.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { AppError } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import type { Role } from '../../shared/roles.ts';
import type { CallerContext } from '../context.ts';
import { normalEmail } from '../identity/email.ts';
import { issueInvitation, type Issuer } from './issue-invitation.ts';

export interface Candidate {
  readonly orgId: string;
  readonly email: string;
  readonly role: Role;
  readonly displayName?: string | undefined;
  readonly locale?: string | undefined;
}

export type Needs = Issuer & Pick<CallerContext, 'origin'>;

interface Enrolled {
  readonly id: string;
  readonly invitationToken: string | undefined;
}

/**
 * Makes somebody a member, inside the caller's transaction, which holds the organization's lock:
 * - an address that is no member's becomes a pending user of this organization, whether or not it
 *   has an account elsewhere: nobody is made a member of anything without having accepted, and
 *   nobody learns here which addresses have accounts;
 * - a pending member gets a new invitation, and the old one ends;
 * - a deactivated member, who had accepted once, is back at once.
 * CONFLICT for whoever is an active member.
 */
export async function enrol(
  em: EntityManager,
  ctx: Needs,
  candidate: Candidate,
): Promise<Enrolled> {
  const { orgId: organizationId, role } = candidate;
  const email = normalEmail(candidate.email);
  const known = await findByEmail(em, organizationId, email);
  if (known?.status === 'ACTIVE' && known.deactivated_at === null) {
    const reason = 'Is a member of this organization already';
    throw new AppError('CONFLICT', `email: ${reason}`, { fields: { email: reason } });
  }
  const membership = known
    ? await em.findOneOrFail(Membership, { id: known.id })
    : await addPending(em, { ...candidate, email });
  const isPending = known?.status !== 'ACTIVE';
  membership.role = role;
  membership.deactivatedAt = null;
  await em.flush();
  const place = { organizationId, membershipId: membership.id, email };
  const invitationToken = isPending ? await issueInvitation(em, ctx, place) : undefined;
  await notify(em, 'basekeep_principal', `user:${membership.userId}`);
  const act = {
    organizationId,
    action: isPending ? 'member.invited' : 'member.reactivated',
    targetId: membership.id,
    details: { role },
  } as const;
  await recordAudit(em, ctx.origin, act, ctx.clock.now());
  return { id: membership.id, invitationToken };
}

/** The member that an address belongs to, pending or deactivated ones included. */
export function findByEmail(em: EntityManager, organizationId: string, email: string) {
  return em
    .getKysely()
    .selectFrom('membership')
    .innerJoin('app_user', 'app_user.id', 'membership.user_id')
    .select(['membership.id', 'membership.deactivated_at', 'app_user.status'])
    .where('membership.organization_id', '=', organizationId)
    .where('app_user.email', '=', normalEmail(email))
    .executeTakeFirst();
}

async function addPending(em: EntityManager, candidate: Candidate) {
  const user = em.create(User, {
    id: newId('user'),
    email: candidate.email,
    fullName: candidate.displayName ?? null,
    status: 'PENDING',
    ...(candidate.locale === undefined ? {} : { locale: candidate.locale }),
    passwordHash: null,
  });
  await em.flush();
  return em.create(Membership, {
    id: newId('membership'),
    organizationId: candidate.orgId,
    userId: user.id,
    role: candidate.role,
    deactivatedAt: null,
  });
}
