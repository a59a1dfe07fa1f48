import { createHash } from 'node:crypto';
import { answerChallenge, digestRequest, parseChallenge } from '../redshift/password-digest.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { Derive } from '../../../vault/derivations.ts';
import { passwordMessage, saslInitialResponse, saslResponse } from '../messages.ts';
import { request } from './order.ts';
import { ScramExchange } from './scram.ts';

/** Who signs in, and where to. Nothing else reaches the server. */
export interface SignIn {
  readonly user: string;
  readonly database: string;
  /** Called when the server asks for it, not before. May throw. */
  readonly password: () => string;
  readonly derive: Derive<'password'>;
}

/**
 * Answers a server's requests for proof of who we are. Their order was checked before. Throws
 * ConnectionFailure.
 */
export class PasswordProof {
  readonly #signIn: SignIn;
  readonly #scram = new ScramExchange();

  constructor(signIn: SignIn) {
    this.#signIn = signIn;
  }

  /** The answer to the request in the body of an authentication message, as it goes over the wire. */
  async answer(body: Buffer): Promise<Buffer> {
    const { derive, user } = this.#signIn;
    // Asked for before the first word, which is not said without one.
    const password = this.#signIn.password();
    switch (body.readInt32BE(0)) {
      case request.sasl: {
        const { mechanism, message } = this.#scram.begin(body.toString('latin1', 4).split('\0'));
        return saslInitialResponse(mechanism, message);
      }
      case request.saslContinue:
        return saslResponse(await this.#scram.prove(body.toString('latin1', 4), password, derive));
      case request.cleartext:
        return passwordMessage(password);
      case request.md5:
        return passwordMessage(md5Answer(password, user, body.subarray(4)));
      case digestRequest: {
        const challenge = parseChallenge(body);
        if (!challenge) throw new ConnectionFailure('PROTOCOL_ERROR');
        return answerChallenge(challenge, password);
      }
      default:
        throw new ConnectionFailure('PROTOCOL_ERROR');
    }
  }

  /** Has the server prove itself, by the body of its last word in SCRAM. */
  conclude(body: Buffer): void {
    this.#scram.conclude(body.toString('latin1', 4));
  }
}

/** PostgreSQL manual, "Message Flow", AuthenticationMD5Password. */
function md5Answer(password: string, user: string, salt: Buffer): string {
  const stored = createHash('md5').update(password).update(user).digest('hex');
  return `md5${createHash('md5').update(stored).update(salt).digest('hex')}`;
}
