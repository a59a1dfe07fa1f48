import {
  createHash,
  createHmac,
  createSecretKey,
  pbkdf2,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Derive } from '../../../vault/derivations.ts';
import { xor } from '../../../vault/xor.ts';
import { ConnectionFailure } from '../../connector.ts';
import { preparePassword } from './prepare-password.ts';

const mechanism = 'SCRAM-SHA-256';

// Some 40 ms of a core, 24 times what PostgreSQL's default of 4,096 takes; pg's limit too.
const maxRounds = 100_000;

// RFC 5802, section 7: everything printable but the comma. A proof of SHA-256 is 44 characters.
const serverFirst =
  /^r=(?<nonce>[\x21-\x2b\x2d-\x7e]+),s=(?<salt>[A-Za-z0-9+/]+={0,2}),i=(?<rounds>[1-9]\d{0,9})(?:,|$)/;
const serverFinal = /^v=(?<signature>[A-Za-z0-9+/]{43}=)(?:,|$)/;

const pbkdf2Async = promisify(pbkdf2);

/**
 * The client's side of one SCRAM-SHA-256 exchange (RFC 5802 and 7677), without channel binding. Its
 * keys, which cost over a millisecond of a core, are made once for each salt, as section 5.1 of
 * RFC 5802 allows.
 */
export class ScramExchange {
  readonly #nonce = randomBytes(18).toString('base64');
  /** What the server has to say last; null until it is its turn. */
  #expected: Buffer | null = null;

  /** The first message, to a server that offers `mechanisms`. */
  begin(mechanisms: readonly string[]): { mechanism: string; message: string } {
    // As with every other method that we do not know.
    if (!mechanisms.includes(mechanism)) throw new ConnectionFailure('AUTHENTICATION_FAILED');
    return { mechanism, message: `n,,${this.#bare}` };
  }

  /** The proof of knowing the password. The server's first message comes in as it was sent. */
  async prove(message: string, password: string, derive: Derive<'password'>): Promise<string> {
    const { nonce = '', salt = '', rounds = '' } = serverFirst.exec(message)?.groups ?? {};
    // Longer than ours, or it would be our own echo.
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || Number(rounds) > maxRounds) {
      throw new ConnectionFailure('PROTOCOL_ERROR');
    }
    const keys = await derive('password', `${mechanism},s=${salt},i=${rounds}`, () =>
      deriveKeys(password, Buffer.from(salt, 'base64'), Number(rounds)),
    );
    const [clientKey, serverKey] = [keys.subarray(0, 32), keys.subarray(32)];
    const withoutProof = `c=biws,r=${nonce}`;
    const exchanged = `${this.#bare},${message},${withoutProof}`;
    const clientSignature = hmac(createHash('sha256').update(clientKey).digest(), exchanged);
    this.#expected = hmac(serverKey, exchanged);
    const proof = xor(clientKey, clientSignature).toString('base64');
    keys.fill(0);
    return `${withoutProof},p=${proof}`;
  }

  /** Throws unless the server has proved that it knows the password as well. */
  conclude(message: string): void {
    const signature = Buffer.from(serverFinal.exec(message)?.groups?.['signature'] ?? '', 'base64');
    if (signature.length !== this.#expected?.length || !timingSafeEqual(signature, this.#expected))
      throw new ConnectionFailure('PROTOCOL_ERROR');
  }

  // PostgreSQL goes by the user name of the startup message.
  get #bare(): string {
    return `n=*,r=${this.#nonce}`;
  }
}

/** The client's key and the server's. */
async function deriveKeys(password: string, salt: Buffer, rounds: number): Promise<Buffer> {
  const salted = await pbkdf2Async(await preparePassword(password), salt, rounds, 32, 'sha256');
  const keys = Buffer.concat([hmac(salted, 'Client Key'), hmac(salted, 'Server Key')]);
  salted.fill(0);
  return keys;
}

function hmac(key: Buffer, text: string): Buffer {
  // Of a key as bytes, Node takes four times as long.
  return createHmac('sha256', createSecretKey(key)).update(text, 'latin1').digest();
}
