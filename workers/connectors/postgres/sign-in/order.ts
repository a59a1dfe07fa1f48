import { ConnectionFailure } from '../../connector.ts';
import { digestRequest } from '../redshift/password-digest.ts';

/** Authentication requests: PostgreSQL manual, "Message Formats". */
export const request = {
  ok: 0,
  cleartext: 3,
  md5: 5,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

export interface SignInRules {
  readonly encrypted: boolean;
  /** Whether this kind of server may ask for Redshift's digest. */
  readonly digest: boolean;
}

/**
 * The order in which a server may ask for proof of who we are: one method, once. A server that asks
 * for a weaker method after a stronger one, or says OK before it has proved in SCRAM that it knows
 * the password as well, is not the server.
 */
export class SignInOrder {
  readonly #rules: SignInRules;
  #last: number | null = null;
  #accepted = false;

  constructor(rules: SignInRules) {
    this.#rules = rules;
  }

  /** Throws ConnectionFailure when this message may not come now. */
  check(type: string, body: Buffer): void {
    if (type === 'E' || type === 'N') return;
    if (type === 'R') this.#ask(body.readInt32BE(0));
    else if (!this.#accepted || !'SKZ'.includes(type))
      throw new ConnectionFailure('PROTOCOL_ERROR');
  }

  #ask(what: number): void {
    const asked = this.#last;
    this.#last = what;
    if (this.#accepted || !this.#follows(what, asked))
      throw new ConnectionFailure('PROTOCOL_ERROR');
    // The password itself, readable by everybody on the way: never without TLS.
    if (what === request.cleartext && !this.#rules.encrypted) {
      throw new ConnectionFailure('TLS_REQUIRED');
    }
    this.#accepted = what === request.ok;
  }

  #follows(what: number, asked: number | null): boolean {
    switch (what) {
      case request.ok:
        return asked !== request.sasl && asked !== request.saslContinue;
      case request.cleartext:
      case request.md5:
      case request.sasl:
        return asked === null;
      case request.saslContinue:
        return asked === request.sasl;
      case request.saslFinal:
        return asked === request.saslContinue;
      case digestRequest:
        if (!this.#rules.digest) throw new ConnectionFailure('AUTHENTICATION_FAILED');
        return asked === null;
      default:
        // Kerberos, SSPI and what may come: a sign-in that a user name and a password cannot do.
        throw new ConnectionFailure('AUTHENTICATION_FAILED');
    }
  }
}
