import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { HttpSession } from '../../egress/http/http.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { Account } from './account.ts';
import { answerFailure, signInFailure } from './failures.ts';
import { quoted } from './identifier.ts';
import { jwtSigner } from './key-pair.ts';

/** What shows who we are, in the headers of every request. */
export interface Credential {
  headers(): Promise<{ readonly [name: string]: string }>;
  /** Whether there is a session to be ended, as there is after a sign-in with a password. */
  readonly hasSession: boolean;
}

export interface SignInOptions {
  readonly account: Account;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

// Tokens live an hour; a long read takes a new one before that.
const renewAfterMs = 50 * 60_000;
const jsonWebToken = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Signs in with what the connection has: a private key; or a password, which may as well be a
 * programmatic access token. Keys and access tokens go with each request, as the SQL API documents
 * it. A password goes to the sign-in of Snowflake's drivers, whose session token the SQL API takes
 * too, though its own documentation does not say so. Throws ConnectionFailure.
 */
export async function signIn(
  http: HttpSession,
  target: ConnectionTarget,
  options: SignInOptions,
): Promise<Credential> {
  const { password, snowflakePrivateKey } = target.secrets;
  if (snowflakePrivateKey) {
    const sign = await jwtSigner(target, options.account.name, options);
    return await renewed(async () => bearer('KEYPAIR_JWT', await sign()), false);
  }
  if (!password) throw new ConnectionFailure('AUTHENTICATION_FAILED');
  if (jsonWebToken.test(password)) {
    const headers = bearer('PROGRAMMATIC_ACCESS_TOKEN', password);
    return { headers: () => Promise.resolve(headers), hasSession: false };
  }
  return await renewed(() => openSnowflakeSession(http, target, options), true);
}

type Headers = { readonly [name: string]: string };

const bearer = (type: string, token: string): Headers => ({
  authorization: `Bearer ${token}`,
  'x-snowflake-authorization-token-type': type,
});

async function renewed(make: () => Promise<Headers>, hasSession: boolean): Promise<Credential> {
  let headers = make();
  let madeAt = performance.now();
  await headers;
  return {
    hasSession,
    headers() {
      if (performance.now() - madeAt > renewAfterMs) {
        headers = make();
        madeAt = performance.now();
      }
      return headers;
    },
  };
}

const LoginAnswer = z.object({
  success: z.boolean(),
  code: z.coerce.string().nullish(),
  message: z.string().nullish(),
  data: z.object({ token: z.string().min(1).max(16_384).nullish() }).nullish(),
});

/** `POST /session/v1/login-request`, as snowflake-sdk 3.3.0 sends it. */
async function openSnowflakeSession(
  http: HttpSession,
  { connection, secrets }: ConnectionTarget,
  { account, timeoutMs }: SignInOptions,
): Promise<Headers> {
  const query = new URLSearchParams({ requestId: randomUUID() });
  const { warehouse, database, role } = account;
  const context = { warehouse, databaseName: database, roleName: role };
  for (const [name, value] of Object.entries(context)) {
    // As an identifier: a simple one is the same without quotes.
    if (value) query.set(name, /^[A-Z_][A-Z0-9_$]*$/.test(value) ? value : quoted(value));
  }
  const response = await http.request({
    method: 'POST',
    path: `/session/v1/login-request?${query}`,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({
      data: {
        // The service knows its own drivers only; our name has its place in the environment.
        CLIENT_APP_ID: 'JavaScript',
        CLIENT_APP_VERSION: '3.3.0',
        ACCOUNT_NAME: account.name,
        LOGIN_NAME: connection.username,
        PASSWORD: secrets.password,
        CLIENT_ENVIRONMENT: { APPLICATION: 'Basekeep' },
        SESSION_PARAMETERS: { QUERY_TAG: 'basekeep' },
      },
    }),
    maxBytes: 1024 * 1024,
    timeoutMs,
  });
  if (!response.ok) throw answerFailure(response.status, await response.firstText(4_096));
  const answer = await response.json(LoginAnswer);
  if (!answer.success) throw signInFailure(answer);
  const token = answer.data?.token;
  // A quote would end the token early in the header.
  if (!token || token.includes('"')) throw new ConnectionFailure('PROTOCOL_ERROR');
  return { authorization: `Snowflake Token="${token}"` };
}
