import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

// OWASP's minimum for Argon2id (19 MiB, 2 passes, 1 lane): about 20 ms of one core.
const parameters = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** Argon2id (RFC 9106) of the NFKC form of a password, as a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  const tag = await derive('argon2id', { ...parameters, message, nonce });
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}
