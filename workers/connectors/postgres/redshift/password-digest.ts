import { createHash, randomInt } from 'node:crypto';
import { digestResponse } from '../messages.ts';

/**
 * Redshift's own way to ask for a password that it keeps as SHA-256, which `pg` does not know.
 * Source: AWS's JDBC driver 2.x, ConnectionFactoryImpl (AUTH_REQ_DIGEST) and ExtensibleDigest.
 */
export const digestRequest = 13;

// The only algorithm that AWS's drivers know.
const sha256 = 0;

interface Challenge {
  readonly salt: Buffer;
  readonly serverNonce: Buffer;
}

/** The challenge in the body of an authentication message; null when it has not that shape. */
export function parseChallenge(body: Buffer): Challenge | null {
  if (body.length < 12 || body.readInt32BE(4) !== sha256) return null;
  const salt = counted(body, 8);
  const serverNonce = salt && counted(body, 12 + salt.length);
  // Without a salt and a nonce of the server's the answer would be good for every other server.
  if (!salt?.length || !serverNonce?.length) return null;
  return 16 + salt.length + serverNonce.length === body.length ? { salt, serverNonce } : null;
}

function counted(body: Buffer, at: number): Buffer | null {
  if (at + 4 > body.length) return null;
  const length = body.readUInt32BE(at);
  return at + 4 + length <= body.length ? body.subarray(at + 4, at + 4 + length) : null;
}

/** The answer as it goes over the wire: SHA256(SHA256(password + salt) + both nonces). */
export function answerChallenge({ salt, serverNonce }: Challenge, password: string): Buffer {
  // AWS's drivers send the time in milliseconds; ours has its shape and cannot be foreseen.
  const digits = Array.from({ length: 13 }, (_, n) => randomInt(n === 0 ? 1 : 0, 10));
  const clientNonce = Buffer.from(digits.join(''));
  const stored = createHash('sha256').update(password).update(salt).digest();
  const digest = createHash('sha256').update(stored).update(serverNonce).update(clientNonce);
  return digestResponse(digest.digest(), clientNonce);
}
