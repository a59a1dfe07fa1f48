import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Operation } from './operation.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

type Keyed = Pick<Operation, 'id' | 'answerKey'>;

/**
 * An answer as it is stored: AES-256-GCM, nonce first, tag second. Answers may hold what is shown
 * once, so a dump of the database must not be enough to read them: the key follows from the
 * Idempotency-Key, which is not in the database. This opens answers of ours and no secret of the vault.
 */
export function sealAnswer({ id, answerKey }: Keyed, answer: unknown): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, answerKey, nonce, { authTagLength: tagBytes }).setAAD(
    id,
  );
  const sealed = [cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()];
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]);
}

/** The answer again. Throws when any byte of it or of its operation is another one. */
export function openAnswer({ id, answerKey }: Keyed, stored: Buffer): unknown {
  const [nonce, tag, sealed] = [
    stored.subarray(0, nonceBytes),
    stored.subarray(nonceBytes, nonceBytes + tagBytes),
    stored.subarray(nonceBytes + tagBytes),
  ];
  const decipher = createDecipheriv(algorithm, answerKey, nonce, { authTagLength: tagBytes });
  decipher.setAAD(id).setAuthTag(tag);
  const text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  return JSON.parse(text) as unknown;
}
