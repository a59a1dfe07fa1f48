import { z } from 'zod';
import type { HttpSession } from '../../egress/http/http.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { answerFailure } from './failures.ts';

const Token = z.object({ access_token: z.string().min(1).max(16_384) });

// A service principal's client id is a UUID; user names of people and of tokens are not.
const clientId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What goes into the Authorization header: the personal access token, or with a service principal's
 * client id as user name a token of an hour in exchange for its secret (OAuth M2M,
 * docs.databricks.com/dev-tools/auth/oauth-m2m). Throws ConnectionFailure.
 */
export async function signIn(
  http: HttpSession,
  { connection, secrets }: ConnectionTarget,
  timeoutMs: number,
): Promise<string> {
  if (!secrets.password) throw new ConnectionFailure('AUTHENTICATION_FAILED');
  const username = connection.username ?? '';
  if (!clientId.test(username)) return `Bearer ${secrets.password}`;
  const basic = Buffer.from(`${username}:${secrets.password}`).toString('base64');
  const response = await http.request({
    method: 'POST',
    path: '/oidc/v1/token',
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials&scope=all-apis',
    maxBytes: 64 * 1024,
    timeoutMs,
  });
  if (response.ok) return `Bearer ${(await response.json(Token)).access_token}`;
  // RFC 6749, section 5.2: invalid_client comes with 400 or 401.
  const refused = { 400: 'AUTHENTICATION_FAILED', 401: 'AUTHENTICATION_FAILED' } as const;
  throw answerFailure(refused)(response.status, '');
}
