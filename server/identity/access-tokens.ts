import {
  createPrivateKey,
  createPublicKey,
  createHash,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { SignJWT, jwtVerify } from 'jose';

const issuer = 'basekeep';
const audience = 'basekeep-api';

/** How long an access token is taken, in seconds. */
export const accessTokenSeconds = 600;

/** Signs and reads access tokens: EdDSA over Ed25519, `typ` at+jwt (RFC 9068). */
export interface AccessTokens {
  sign(claims: { readonly userId: string; readonly sessionId: string }): Promise<string>;
  /** The session that a token belongs to; null for anything but an unexpired token of ours. */
  sessionOf(token: string): Promise<string | null>;
  /** The public keys, for `/.well-known/jwks.json`. */
  readonly jwks: readonly object[];
}

interface SigningKey {
  readonly kid: string;
  readonly jwk: object;
  readonly publicKey: KeyObject;
}

/**
 * `current` signs; tokens of `previous` are still taken, so that a key can be changed while tokens
 * of the old one live. Both are PEM (PKCS#8). Throws when a key is not Ed25519.
 */
export function createAccessTokens(current: string, previous?: string): AccessTokens {
  const signer = createPrivateKey(current);
  const active = toSigningKey(current);
  const known = new Map(
    [active, ...(previous === undefined ? [] : [toSigningKey(previous)])].map((key) => [
      key.kid,
      key,
    ]),
  );
  return {
    jwks: [...known.values()].map(({ jwk }) => jwk),
    sign: ({ userId, sessionId }) =>
      new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: active.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${accessTokenSeconds}s`)
        .sign(signer),
    async sessionOf(token) {
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => {
            const key = known.get(kid ?? '');
            if (!key) throw new Error('unknown key');
            return key.publicKey;
          },
          {
            algorithms: ['EdDSA'],
            typ: 'at+jwt',
            issuer,
            audience,
            // Clocks of several processes may differ by a little.
            clockTolerance: 60,
            requiredClaims: ['sub', 'sid', 'jti', 'exp', 'iat'],
          },
        );
        return typeof payload['sid'] === 'string' ? payload['sid'] : null;
      } catch {
        return null;
      }
    },
  };
}

function toSigningKey(pem: string): SigningKey {
  const publicKey = createPublicKey(createPrivateKey(pem));
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  if (crv !== 'Ed25519') throw new Error('a token signing key must be Ed25519');
  // RFC 7638: the thumbprint of the required members in this order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
  return { kid, publicKey, jwk: { kty, crv, x, kid, use: 'sig', alg: 'EdDSA' } };
}
