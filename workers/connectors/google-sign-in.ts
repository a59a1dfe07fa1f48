import { SignJWT } from 'jose';
import { z } from 'zod';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import {
  type HttpDeadlines,
  type HttpRoute,
  openHttp,
  statusFailure,
} from '../egress/http/http.ts';
import { ConnectionFailure, type ConnectionTarget } from './connector.ts';
import { type ServiceAccount, tokenUri } from './service-account.ts';

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
  /** `signInMs`: the exchange of a signed assertion for a token. */
  readonly deadlines: HttpDeadlines & { readonly signInMs: number };
  readonly route: HttpRoute;
}

/** Who signs in, and the one scope that the token is for. */
export interface Applicant {
  readonly account: ServiceAccount;
  readonly scope: string;
}

/**
 * A token in exchange for an assertion that the account's key has signed (RFC 7523; Google's "Using
 * OAuth 2.0 for Server to Server Applications"), on a connection of its own that is closed
 * afterwards. The key itself never leaves. Throws ConnectionFailure.
 */
export async function signInToGoogle(
  target: ConnectionTarget,
  applicant: Applicant,
  { deadlines, route }: SignInSettings,
  signal: AbortSignal,
): Promise<AccessToken> {
  const assertion = await sign(applicant);
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

async function sign({ account, scope }: Applicant): Promise<string> {
  const { email, keyId, key } = account;
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

// RFC 6749, section 5.2; invalid_grant is also what Google says of deleted and disabled accounts.
const byTokenError: { readonly [error: string]: ConnectionFailureCode | undefined } = {
  invalid_grant: 'AUTHENTICATION_FAILED',
  invalid_client: 'AUTHENTICATION_FAILED',
  unauthorized_client: 'AUTHENTICATION_FAILED',
  rate_limit_exceeded: 'RATE_LIMITED',
};

/** What the token endpoint's refusal means. */
function tokenFailure(status: number, text: string): ConnectionFailure {
  const error = /"error"\s*:\s*"(\w{1,64})"/.exec(text)?.[1] ?? '';
  return status < 500 && byTokenError[error]
    ? new ConnectionFailure(byTokenError[error])
    : statusFailure(status, { 401: 'AUTHENTICATION_FAILED' });
}
