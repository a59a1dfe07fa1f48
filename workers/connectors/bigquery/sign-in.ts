import { SignJWT } from 'jose';
import { z } from 'zod';
import { openHttp } from '../../egress/http/http.ts';
import type { HttpRoute } from '../../egress/http/http.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { type ServiceAccount, tokenUri } from './credentials.ts';
import { tokenFailure } from './failures.ts';
import type { Deadlines } from './limits.ts';

/** Lets list and describe, and read; a token with it can change nothing. */
const scope = 'https://www.googleapis.com/auth/bigquery.readonly';

const Token = z.object({
  access_token: z.string().min(1).max(16_384),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().positive(),
});

export interface AccessToken {
  /** What goes into the Authorization header. */
  readonly authorization: string;
  /** When to have another, by performance.now(): half an hour before this one ends. */
  readonly renewAtMs: number;
}

export interface SignInSettings {
  readonly deadlines: Deadlines;
  readonly route: HttpRoute;
}

/**
 * A token in exchange for an assertion that the account's key has signed (RFC 7523; Google's "Using
 * OAuth 2.0 for Server to Server Applications"), on a connection of its own that is closed
 * afterwards. The key itself never leaves. Throws ConnectionFailure.
 */
export async function signIn(
  target: ConnectionTarget,
  account: ServiceAccount,
  { deadlines, route }: SignInSettings,
  signal: AbortSignal,
): Promise<AccessToken> {
  const assertion = await sign(account);
  const { origin, pathname } = new URL(tokenUri);
  const http = await openHttp(target, { origin, signal, deadlines, route, connections: 1 });
  try {
    const askedAtMs = performance.now();
    const response = await http.request({
      method: 'POST',
      path: pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion,
      }).toString(),
      maxBytes: 64 * 1024,
      timeoutMs: deadlines.signInMs,
    });
    if (!response.ok) throw tokenFailure(response.status, await response.firstText(4_096));
    const token = await response.json(Token);
    return {
      authorization: `Bearer ${token.access_token}`,
      renewAtMs: askedAtMs + token.expires_in * 500,
    };
  } finally {
    await http.close();
  }
}

async function sign({ email, keyId, key }: ServiceAccount): Promise<string> {
  try {
    return await new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
      .setIssuer(email)
      .setAudience(tokenUri)
      .setIssuedAt()
      // An hour is the most that Google accepts.
      .setExpirationTime('1h')
      .sign(key);
  } catch {
    throw new ConnectionFailure('CREDENTIALS_INVALID');
  }
}
