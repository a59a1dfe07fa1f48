import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Values } from './requests.ts';

/*
 * The server's side of O5LOGON with a verifier of Oracle Database 12c (0x4815), as node-oracledb 26.0.0
 * has the client's in lib/thin/protocol/encryptDecrypt.js. The client proves that it knows the password
 * by sending it under a key that only somebody who knows it can derive; the server proves the same.
 */

const verifier12c = 0x4815;
/** Of a real server 4,096; here only for the arithmetic. */
const rounds = { verifier: 64, session: 3 };

/** The sign-in of one connection. */
export class ServerSignIn {
  readonly #salt = randomBytes(16);
  readonly #mixing = randomBytes(16);
  readonly #ours = randomBytes(32);
  readonly #hash: Buffer;

  constructor(password: string) {
    const salt = Buffer.concat([this.#salt, Buffer.from('AUTH_PBKDF2_SPEEDY_KEY')]);
    const key = pbkdf2Sync(password, salt, rounds.verifier, 64, 'sha512');
    this.#hash = createHash('sha512').update(key).update(this.#salt).digest().subarray(0, 32);
  }

  /** What the client needs to derive the key. */
  challenge(): (readonly [string, string, number?])[] {
    return [
      ['AUTH_SESSKEY', hex(encrypted(this.#hash, this.#ours))],
      ['AUTH_VFR_DATA', hex(this.#salt), verifier12c],
      ['AUTH_PBKDF2_CSK_SALT', hex(this.#mixing)],
      ['AUTH_PBKDF2_VGEN_COUNT', `${rounds.verifier}`],
      ['AUTH_PBKDF2_SDER_COUNT', `${rounds.session}`],
    ];
  }

  /** The password as the client sent it, and our own proof; null when the key is not the same. */
  open(values: Values): { readonly password: string; readonly proof: string } | null {
    const theirs = decrypted(this.#hash, fromHex(values['AUTH_SESSKEY']));
    const parts = hex(Buffer.concat([theirs.subarray(0, 32), this.#ours]));
    const key = pbkdf2Sync(parts, this.#mixing, rounds.session, 32, 'sha512');
    const sent = decrypted(key, fromHex(values['AUTH_PASSWORD']));
    const padding = sent.at(-1) ?? 0;
    const isPadded = padding >= 1 && padding <= 16;
    if (!isPadded || sent.subarray(-padding).some((byte) => byte !== padding)) return null;
    const proof = encrypted(key, Buffer.concat([randomBytes(16), Buffer.from('SERVER_TO_CLIENT')]));
    return { password: sent.subarray(16, -padding).toString(), proof: hex(proof) };
  }
}

const noIv = Buffer.alloc(16);

function encrypted(key: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, noIv).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

function decrypted(key: Buffer, secret: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, noIv).setAutoPadding(false);
  return Buffer.concat([decipher.update(secret), decipher.final()]);
}

function hex(value: Buffer): string {
  return value.toString('hex').toUpperCase();
}

function fromHex(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'hex');
}
