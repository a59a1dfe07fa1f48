import { User } from '../../../shared/db/entities/user.entity.ts';
import { UserSession } from '../../../shared/db/entities/user-session.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { accountOf } from '../../identity/email.ts';
import { hashPassword, verifyPassword } from '../../identity/password.ts';
import { auditUser } from './audit-user.ts';
import type { ChangePassword } from './contract.ts';
import { recordRefusal } from './record-refusal.ts';
import { accountLimit } from './sign-in-limits.ts';

/** Ends the session that the request came with. FORBIDDEN for keys, which are no sessions. */
export async function logout(ctx: CallerContext) {
  const { credentialId, userId } = sessionOf(ctx);
  await ctx.em.transactional(async (em) => {
    await em.nativeUpdate(
      UserSession,
      { id: credentialId, revokedAt: null },
      { revokedAt: ctx.clock.now() },
    );
    await notify(em, 'basekeep_principal', `credential:${credentialId}`);
    await auditUser(em, ctx, { action: 'auth.signed_out', userId, targetId: credentialId });
  });
  ctx.principals.forget(`credential:${credentialId}`);
  return { done: true as const };
}

/** Changes the caller's password and ends every other session of theirs. */
export async function changePassword(ctx: CallerContext, input: ChangePassword) {
  const { credentialId, userId } = sessionOf(ctx);
  const user = await ctx.em.findOneOrFail(User, { id: userId }, { populate: ['passwordHash'] });
  await ctx.limiter.take(accountLimit, accountOf(user.email));
  const { isRight } = await verifyPassword(input.currentPassword, user.passwordHash);
  if (!isRight) {
    await recordRefusal(ctx, 'auth.password_change_refused', userId);
    throw invalidField('currentPassword', 'Incorrect password');
  }
  await ctx.limiter.reset(accountLimit, accountOf(user.email));
  const passwordHash = await hashPassword(input.newPassword);
  await ctx.em.transactional(async (em) => {
    user.passwordHash = passwordHash;
    await em.flush();
    await revokeSessions(em, ctx, userId, credentialId);
    await auditUser(em, ctx, { action: 'auth.password_changed', userId, targetId: userId });
  });
  ctx.principals.forget(`user:${userId}`);
  return { done: true as const };
}

/** Ends a user's sessions, but for the one to keep. */
async function revokeSessions(
  em: EntityManager,
  { clock }: Pick<CallerContext, 'clock'>,
  userId: string,
  keepId?: string,
): Promise<void> {
  await em.nativeUpdate(
    UserSession,
    { userId, revokedAt: null, ...(keepId === undefined ? {} : { id: { $ne: keepId } }) },
    { revokedAt: clock.now() },
  );
  await notify(em, 'basekeep_principal', `user:${userId}`);
}

function sessionOf({ principal }: CallerContext) {
  if (principal.kind !== 'session') {
    throw new AppError('FORBIDDEN', 'Only a signed-in user can do this, not a key');
  }
  return principal;
}
