import type { Context } from '../../context.ts';
import { auditUser } from './audit-user.ts';

type Refused = 'auth.sign_in_failed' | 'auth.password_change_refused';

/** Puts a wrong password on record, in a transaction of its own, before anybody is told. */
export async function recordRefusal(
  ctx: Pick<Context, 'em' | 'request' | 'clock'>,
  action: Refused,
  userId: string,
): Promise<void> {
  const act = { action, userId, targetId: userId } as const;
  await ctx.em.fork().transactional((em) => auditUser(em, ctx, act));
}
