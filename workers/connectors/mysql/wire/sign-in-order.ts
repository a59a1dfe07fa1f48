import { ConnectionFailure } from '../../connector.ts';

const marker = { ok: 0x00, moreData: 0x01, nextFactor: 0x02, switch: 0xfe, error: 0xff } as const;
/** What caching_sha2_password says in AuthMoreData. */
const sha2 = { fastOk: 3, fullAuthentication: 4 } as const;

/** Methods that only ever send a proof of the password. */
const proving = new Set(['mysql_native_password', 'caching_sha2_password']);
/** Methods that send the password itself, readable for whoever is at the other end. */
const revealing: readonly string[] = ['mysql_clear_password', 'sha256_password'];

/**
 * What a server may ask for while we sign in, and when. Outside of verified TLS no method gets
 * through that shows the password, and none that encrypts it with a key that the server has just
 * sent: whoever is on the line could send his own.
 * Throws PROTOCOL_ERROR, TLS_REQUIRED, AUTHENTICATION_FAILED.
 */
export class SignInOrder {
  readonly #encrypted: boolean;
  #plugin: string;
  #switched = false;
  #answered = false;

  constructor(encrypted: boolean, plugin: string) {
    this.#encrypted = encrypted;
    this.#plugin = plugin;
  }

  /** Judges the body of the server's next packet; true when it ends the sign-in well. */
  check(body: Buffer): boolean {
    const first: number = body[0] ?? -1;
    switch (first) {
      case marker.ok:
        return true;
      case marker.error:
        return false;
      case marker.moreData:
        this.#checkMoreData(body);
        return false;
      case marker.switch:
        this.#checkSwitch(body);
        return false;
      case marker.nextFactor:
        // Further factors would need secrets that a connection does not have.
        throw new ConnectionFailure('AUTHENTICATION_FAILED');
      default:
        throw new ConnectionFailure('PROTOCOL_ERROR');
    }
  }

  #checkSwitch(body: Buffer): void {
    if (this.#switched) throw new ConnectionFailure('PROTOCOL_ERROR');
    this.#switched = true;
    // A switch without a name asks for the hash of MySQL 3.23, which anybody can undo.
    const nameEnd = body.indexOf(0, 1);
    if (nameEnd === -1) throw new ConnectionFailure('AUTHENTICATION_FAILED');
    this.#plugin = body.toString('latin1', 1, nameEnd);
    if (proving.has(this.#plugin)) {
      // Twenty bytes and a terminator; less would make a proof that fits other servers too.
      if (body.length - nameEnd - 1 < 20) throw new ConnectionFailure('PROTOCOL_ERROR');
    } else if (!revealing.includes(this.#plugin)) {
      throw new ConnectionFailure('AUTHENTICATION_FAILED');
    } else if (!this.#encrypted) {
      throw new ConnectionFailure('TLS_REQUIRED');
    }
  }

  #checkMoreData(body: Buffer): void {
    if (this.#plugin !== 'caching_sha2_password' || body.length !== 2 || this.#answered) {
      throw new ConnectionFailure('PROTOCOL_ERROR');
    }
    this.#answered = true;
    if (body[1] === sha2.fastOk) return;
    if (body[1] !== sha2.fullAuthentication) throw new ConnectionFailure('PROTOCOL_ERROR');
    if (!this.#encrypted) throw new ConnectionFailure('TLS_REQUIRED');
  }
}
