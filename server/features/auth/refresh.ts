import { timingSafeEqual } from 'node:crypto';
import { LockMode } from '@mikro-orm/core';
import { UserSession } from '../../../shared/db/entities/user-session.entity.ts';
import { notify } from '../../../shared/db/notify.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Context } from '../../context.ts';
import { hashRefreshToken, refreshTokenOf, sessionIn } from '../../identity/refresh-tokens.ts';
import { auditUser } from './audit-user.ts';
import type { Refresh, Tokens } from './contract.ts';
import { refreshTokenMs, tokensOf } from './issue-tokens.ts';

// A client that lost the answer to a rotation asks again within this; a thief comes later.
const retryMs = 10_000;
// How far back a replayed token is recognised: a rotation every ten minutes for thirty days.
const maxAncestors = 4_320;

/**
 * Rotates a refresh token. Each is taken once; one retry of the very last rotation within 10 s gets
 * the same successor. Any other use of a token that was rotated away ends the whole session: either
 * its holder or a thief has used it, and nobody can tell which.
 */
export async function refresh(ctx: Context, { refreshToken }: Refresh): Promise<Tokens> {
  const sessionId = sessionIn(refreshToken);
  const rotated = sessionId !== null && (await rotate(ctx, sessionId, refreshToken));
  if (!rotated) {
    ctx.principals.forget(`credential:${sessionId}`);
    throw new AppError('UNAUTHENTICATED', 'The refresh token is not valid', {
      details: { reason: 'refresh_token' },
    });
  }
  return tokensOf(ctx, rotated);
}

interface Rotated {
  readonly id: string;
  readonly userId: string;
  readonly generation: number;
}

async function rotate(ctx: Context, sessionId: string, token: string): Promise<Rotated | null> {
  const now = ctx.clock.now();
  return ctx.em.transactional(async (em) => {
    const lockMode = LockMode.PESSIMISTIC_WRITE;
    const session = await em.findOne(UserSession, { id: sessionId }, { lockMode });
    if (!session || session.revokedAt || session.expiresAt <= now) return null;
    if (timingSafeEqual(session.refreshHash, hashRefreshToken(token))) {
      session.generation += 1;
      session.refreshHash = hashRefreshToken(
        refreshTokenOf(ctx.apiSecret, sessionId, session.generation),
      );
      session.rotatedAt = now;
      session.isRetried = false;
      session.expiresAt = new Date(now.getTime() + refreshTokenMs);
      return { id: session.id, userId: session.userId, generation: session.generation };
    }
    const age = ancestorAge(ctx, session.id, session.generation, token);
    if (age === null) return null;
    const isRetry =
      age === 1 &&
      !session.isRetried &&
      session.rotatedAt !== null &&
      now.getTime() - session.rotatedAt.getTime() <= retryMs;
    if (isRetry) {
      session.isRetried = true;
      return { id: session.id, userId: session.userId, generation: session.generation };
    }
    session.revokedAt = now;
    await em.flush();
    await notify(em, 'basekeep_principal', `credential:${session.id}`);
    const act = { action: 'auth.session_revoked', userId: session.userId } as const;
    await auditUser(em, ctx, { ...act, targetId: session.id });
    return null;
  });
}

/** How many rotations ago `token` was this session's; null when it never was. */
function ancestorAge(
  { apiSecret }: Context,
  sessionId: string,
  generation: number,
  token: string,
): number | null {
  const oldest = Math.max(0, generation - maxAncestors);
  for (let ancestor = generation - 1; ancestor >= oldest; ancestor -= 1) {
    if (refreshTokenOf(apiSecret, sessionId, ancestor) === token) return generation - ancestor;
  }
  return null;
}
