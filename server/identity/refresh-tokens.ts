import { createHash, hkdfSync } from 'node:crypto';

const format = /^bkr_(ses_[0-9a-z]{26})_([A-Za-z0-9_-]{43})$/;

/**
 * The refresh token of a session's rotation number `generation`: `bkr_<session>_<256 bits>`. It is
 * derived from the API's secret, so a retried rotation gets the same successor and nothing that
 * opens a session stands in the database, which keeps its SHA-256 only.
 */
export function refreshTokenOf(
  apiSecret: Uint8Array,
  sessionId: string,
  generation: number,
): string {
  const info = `basekeep-refresh-v1:${generation}`;
  const secret = Buffer.from(hkdfSync('sha256', apiSecret, sessionId, info, 32)).toString(
    'base64url',
  );
  return `bkr_${sessionId}_${secret}`;
}

/** The session that a token claims to belong to; null when it is not formed like one of ours. */
export function sessionIn(unsafeToken: string): string | null {
  return format.exec(unsafeToken)?.[1] ?? null;
}

export function hashRefreshToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
