import { UserSession } from '../../../shared/db/entities/user-session.entity.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Context } from '../../context.ts';
import { accountOf } from '../../identity/email.ts';
import { networkOf } from '../../identity/network.ts';
import { hashPassword, verifyPassword } from '../../identity/password.ts';
import { auditUser } from './audit-user.ts';
import type { Login, Tokens } from './contract.ts';
import { newSession, tokensOf } from './issue-tokens.ts';
import { findAccount } from './find-account.ts';
import { recordRefusal } from './record-refusal.ts';
import { accountLimit, addressLimit } from './sign-in-limits.ts';

/**
 * Exchanges a password for a session. An unknown address and a wrong password are one answer, after
 * the same work. RATE_LIMITED after ten tries at an account within fifteen minutes.
 */
export async function login(ctx: Context, { email, password }: Login): Promise<Tokens> {
  const account = accountOf(email);
  await ctx.limiter.take(addressLimit, networkOf(ctx.request.address));
  await ctx.limiter.take(accountLimit, account);
  const user = await findAccount(ctx.em, email);
  const { isRight, outdated } = await verifyPassword(password, user?.passwordHash ?? null);
  if (!user || !isRight) {
    if (user) await recordRefusal(ctx, 'auth.sign_in_failed', user.id);
    throw new AppError('UNAUTHENTICATED', 'Incorrect email or password', {
      details: { reason: 'credentials' },
    });
  }
  await ctx.limiter.reset(accountLimit, account);
  const rehashed = outdated ? await hashPassword(password) : null;
  const session = await ctx.em.transactional(async (em) => {
    const row = em.create(UserSession, newSession(ctx, user.id));
    if (rehashed !== null) user.passwordHash = rehashed;
    await em.flush();
    const act = { action: 'auth.signed_in', userId: user.id, targetId: row.id } as const;
    await auditUser(em, ctx, act);
    return row;
  });
  return tokensOf(ctx, session);
}
