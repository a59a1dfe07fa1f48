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

/** Why a token that was a session's own is not taken, as the audit trail has it. */
type Refusal = 'REUSED' | 'REVOKED' | 'EXPIRED';

async function rotate(ctx: Context, sessionId: string, token: string): Promise<Rotated | null> {
  const now = ctx.clock.now();
  return ctx.em.transactional(async (em) => {
    const lockMode = LockMode.PESSIMISTIC_WRITE;
    const session = await em.findOne(UserSession, { id: sessionId }, { lockMode });
    const age = session && ageOf(ctx, session, token);
    // Who made the token up is nobody, and fills nobody's audit trail.
    if (!session || age === null) return null;
    const { id, userId } = session;
    const refuse = async (cause: Refusal): Promise<null> => {
      const act = { action: 'auth.refresh_refused', userId, targetId: id } as const;
      await auditUser(em, ctx, { ...act, details: { cause } });
      return null;
    };
    if (session.revokedAt) return refuse('REVOKED');
    if (session.expiresAt <= now) return refuse('EXPIRED');
    if (age === 0) {
      session.generation += 1;
      session.refreshHash = hashRefreshToken(
        refreshTokenOf(ctx.apiSecret, sessionId, session.generation),
      );
      session.rotatedAt = now;
      session.isRetried = false;
      session.expiresAt = new Date(now.getTime() + refreshTokenMs);
      return { id, userId, generation: session.generation };
    }
    const isRetry =
      age === 1 &&
      !session.isRetried &&
      session.rotatedAt !== null &&
      now.getTime() - session.rotatedAt.getTime() <= retryMs;
    if (isRetry) {
      session.isRetried = true;
      return { id, userId, generation: session.generation };
    }
    session.revokedAt = now;
    await em.flush();
    await notify(em, 'basekeep_principal', `credential:${id}`);
    await auditUser(em, ctx, { action: 'auth.session_revoked', userId, targetId: id });
    return refuse('REUSED');
  });
}

interface Aged {
  readonly id: string;
  readonly generation: number;
  readonly refreshHash: Uint8Array;
}

/** How many rotations ago `token` was this session's: 0 for the current one, null when never. */
function ageOf({ apiSecret }: Context, session: Aged, token: string): number | null {
  const { id, generation, refreshHash } = session;
  if (timingSafeEqual(refreshHash, hashRefreshToken(token))) return 0;
  const oldest = Math.max(0, generation - maxAncestors);
  for (let ancestor = generation - 1; ancestor >= oldest; ancestor -= 1) {
    if (refreshTokenOf(apiSecret, id, ancestor) === token) return generation - ancestor;
  }
  return null;
}
