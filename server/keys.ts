import { createPrivateKey, createPublicKey, createHash } from 'node:crypto';
import { EnvError, readKeyFile } from '../shared/env.ts';

/** The public half of the token signing key as a JWK (RFC 8037), `kid` = its RFC 7638 thumbprint. */
export function signingJwk(path: string): object {
  try {
    const publicKey = createPublicKey(
      createPrivateKey(readKeyFile('TOKEN_SIGNING_KEY_FILE', path)),
    );
    const { crv, kty, x } = publicKey.export({ format: 'jwk' });
    if (crv !== 'Ed25519') throw new EnvError('not an Ed25519 key');
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
    return { kty, crv, x, kid, use: 'sig', alg: 'EdDSA' };
  } catch (cause) {
    throw new EnvError(
      'The environment variable TOKEN_SIGNING_KEY_FILE points to a file that is not an Ed25519 key in PEM.',
      { cause },
    );
  }
}
