import { type KeyObject, randomUUID } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { StandInAnswer, StandInRequest } from './http-stand-in.ts';

/** Google's token endpoint, as one service account meets it. */
export interface TokenService {
  readonly email: string;
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** Scopes of which one has to be asked for; those that let list and describe. */
  readonly scopes: readonly string[];
  /** Seconds that a token lasts. */
  tokenSeconds: number;
}

const audience = 'https://oauth2.googleapis.com/token';
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Tokens for signed assertions: "Using OAuth 2.0 for Server to Server Applications". */
export class GoogleTokens {
  readonly #service: TokenService;
  /** With the time by performance.now() until which it is good. */
  readonly #issued = new Map<string, number>();

  constructor(service: TokenService) {
    this.#service = service;
  }

  /** Whether a request has a token that is still good. */
  accepts({ headers }: StandInRequest): boolean {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    return (this.#issued.get(token) ?? 0) >= performance.now();
  }

  async issue({ headers, body }: StandInRequest): Promise<StandInAnswer> {
    const { scopes, tokenSeconds } = this.#service;
    const form = new URLSearchParams(body);
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    if (!isForm || form.get('grant_type') !== grant) {
      return tokenError('unsupported_grant_type', 'Invalid grant_type');
    }
    const claims = await verify(this.#service, form.get('assertion') ?? '');
    if (typeof claims === 'string') return tokenError('invalid_grant', claims);
    const asked = typeof claims['scope'] === 'string' ? claims['scope'].split(' ') : [];
    if (!asked.some((scope) => scopes.includes(scope))) {
      return tokenError('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
    }
    const token = `ya29.${randomUUID()}`;
    this.#issued.set(token, performance.now() + tokenSeconds * 1_000);
    return {
      status: 200,
      body: { access_token: token, expires_in: tokenSeconds, token_type: 'Bearer' },
    };
  }
}

/** The claims of a good assertion, or what is wrong with it. */
async function verify(
  service: TokenService,
  assertion: string,
): Promise<{ readonly [claim: string]: unknown } | string> {
  try {
    const { payload, protectedHeader } = await jwtVerify(assertion, service.publicKey, {
      algorithms: ['RS256'],
      issuer: service.email,
      audience,
      requiredClaims: ['iat', 'exp'],
      // Counts from iat, and refuses one that lies ahead.
      maxTokenAge: 3_600,
    });
    const lifetime = (payload.exp ?? Infinity) - (payload.iat ?? 0);
    if (protectedHeader.kid !== undefined && protectedHeader.kid !== service.keyId) {
      return 'Invalid JWT Signature.';
    }
    return lifetime > 3_600 ? 'Invalid JWT: Token must be a short-lived token.' : payload;
  } catch {
    return 'Invalid JWT Signature.';
  }
}

function tokenError(error: string, description: string): StandInAnswer {
  return { status: 400, body: { error, error_description: description } };
}
