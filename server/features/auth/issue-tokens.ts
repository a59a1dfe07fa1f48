import { newId } from '../../../shared/ids.ts';
import type { Context } from '../../context.ts';
import { accessTokenSeconds } from '../../identity/access-tokens.ts';
import { hashRefreshToken, refreshTokenOf } from '../../identity/refresh-tokens.ts';
import type { Tokens } from './contract.ts';

/** How long a refresh token is taken, from its own issue: 30 days. */
export const refreshTokenMs = 30 * 86_400_000;

/** The row of a new session. */
export function newSession(ctx: Pick<Context, 'apiSecret' | 'clock' | 'request'>, userId: string) {
  const now = ctx.clock.now();
  const id = newId('userSession');
  return {
    id,
    userId,
    generation: 0,
    refreshHash: hashRefreshToken(refreshTokenOf(ctx.apiSecret, id, 0)),
    signedInAt: now,
    expiresAt: new Date(now.getTime() + refreshTokenMs),
    address: ctx.request.address,
    userAgent: ctx.request.userAgent,
  };
}

/** What a client gets for a session as it stands after rotation number `generation`. */
export async function tokensOf(
  ctx: Pick<Context, 'apiSecret' | 'accessTokens'>,
  session: { readonly id: string; readonly userId: string; readonly generation: number },
): Promise<Tokens> {
  const { id: sessionId, userId, generation } = session;
  return {
    accessToken: await ctx.accessTokens.sign({ userId, sessionId }),
    refreshToken: refreshTokenOf(ctx.apiSecret, sessionId, generation),
    tokenType: 'Bearer',
    expiresIn: accessTokenSeconds,
  };
}
