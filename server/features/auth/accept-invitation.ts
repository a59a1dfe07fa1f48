import { recordAudit } from '../../../shared/audit/record.ts';
import { UserSession } from '../../../shared/db/entities/user-session.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import { originOfUser, type Context } from '../../context.ts';
import { accountOf } from '../../identity/email.ts';
import { networkOf } from '../../identity/network.ts';
import { hashPassword, verifyPassword } from '../../identity/password.ts';
import { authenticated } from '../../middleware/authenticate.ts';
import { auditUser } from './audit-user.ts';
import { NewPassword, type AcceptInvitation, type Tokens } from './contract.ts';
import { findAccount } from './find-account.ts';
import { newSession, tokensOf } from './issue-tokens.ts';
import { joinOrganization, type Holder } from './join-organization.ts';
import { notAnInvitation, openInvitation } from './open-invitation.ts';
import { accountLimit, addressLimit } from './sign-in-limits.ts';

/**
 * Lets the invited person in, once. An address without an account gets one, with the password
 * given; an address that has an account is proven by its own password, or by being signed in as it.
 * The token alone never opens an existing account and never changes its password: where Basekeep
 * sends no e-mail, the token is in the hands of the admin who invited.
 */
export async function acceptInvitation(ctx: Context, input: AcceptInvitation): Promise<Tokens> {
  await ctx.limiter.take(addressLimit, networkOf(ctx.request.address));
  const invitation = await openInvitation(ctx.em, input.token);
  if (!invitation) throw notAnInvitation();
  const holder =
    input.password === undefined
      ? await signedInHolder(ctx, invitation.email)
      : await holderByPassword(ctx, invitation.email, input.password);
  const session = await ctx.em.transactional(async (em) => {
    const userId = await joinOrganization(em, invitation, holder);
    const row = em.create(UserSession, {
      ...newSession(ctx, userId),
      signedInAt: holder.signedInAt,
    });
    await em.flush();
    await notify(em, 'basekeep_principal', `user:${userId}`);
    await auditUser(em, ctx, { action: 'auth.signed_in', userId, targetId: row.id });
    const { organizationId, membershipId: targetId } = invitation;
    const act = { organizationId, action: 'member.joined', targetId } as const;
    await recordAudit(em, originOfUser(ctx.request, userId), act, ctx.clock.now());
    return row;
  });
  await ctx.limiter.reset(accountLimit, accountOf(invitation.email));
  ctx.principals.forget(`user:${session.userId}`);
  return tokensOf(ctx, session);
}

async function signedInHolder(ctx: Context, email: string): Promise<Holder> {
  if (ctx.request.credential.kind === 'none') {
    throw invalidField('password', 'Required, unless you are signed in as the invited address');
  }
  const { principal } = await authenticated(ctx);
  const account = await findAccount(ctx.em, email);
  // For anybody else the invitation might as well not exist, and a key is nobody's presence.
  if (principal.signedInAtMs === null || account?.id !== principal.userId) throw notAnInvitation();
  return { kind: 'account', userId: account.id, signedInAt: new Date(principal.signedInAtMs) };
}

async function holderByPassword(ctx: Context, email: string, password: string): Promise<Holder> {
  await ctx.limiter.take(accountLimit, accountOf(email));
  const account = await findAccount(ctx.em, email);
  const signedInAt = ctx.clock.now();
  if (!account) {
    const chosen = NewPassword.safeParse(password);
    if (!chosen.success) throw invalidField('password', 'Must have 12 to 1,024 bytes');
    return { kind: 'new', passwordHash: await hashPassword(chosen.data), signedInAt };
  }
  const { isRight } = await verifyPassword(password, account.passwordHash);
  if (!isRight) {
    throw new AppError('UNAUTHENTICATED', 'Incorrect email or password', {
      details: { reason: 'credentials' },
    });
  }
  return { kind: 'account', userId: account.id, signedInAt };
}
