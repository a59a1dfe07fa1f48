import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { Deadline } from '../../egress/deadline.ts';
import { readPrivateKey } from '../../egress/ssh/private-key.ts';

// At most an hour. Snowflake documentation, "Using key-pair authentication" of the SQL API.
const lifetime = '59m';

/**
 * Makes the JWTs of a user with a key pair. The key is read as SSH's are, for the same reasons: PKCS#8,
 * encrypted or not, or PKCS#1, with whatever line ends survived the pasting, decrypted in a thread.
 * Throws CREDENTIALS_INVALID for what is no RSA key of 2,048 bits or more, and for a wrong passphrase.
 */
export async function jwtSigner(
  { connection, secrets }: ConnectionTarget,
  account: string,
  deadline: Deadline,
): Promise<() => Promise<string>> {
  const key = await readKey(secrets, deadline);
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const fingerprint = `SHA256:${createHash('sha256').update(der).digest('base64')}`;
  const subject = `${account}.${(connection.username ?? '').toUpperCase()}`;
  return () =>
    new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(`${subject}.${fingerprint}`)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(key);
}

async function readKey(
  { snowflakePrivateKey, snowflakePrivateKeyPassphrase }: ConnectionTarget['secrets'],
  deadline: Deadline,
): Promise<KeyObject> {
  const passphrase = snowflakePrivateKeyPassphrase || undefined;
  try {
    const read = await readPrivateKey(snowflakePrivateKey ?? '', passphrase, deadline);
    const key = createPrivateKey(read.getPrivatePEM());
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048) return key;
  } catch (error) {
    const code = error instanceof ConnectionFailure ? error.code : 'CREDENTIALS_INVALID';
    if (!code.startsWith('SSH_')) throw new ConnectionFailure(code);
  }
  throw new ConnectionFailure('CREDENTIALS_INVALID');
}
