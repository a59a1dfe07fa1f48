import { answerChallenge, digestRequest, parseChallenge } from '../redshift/password-digest.ts';
import type { SignIn } from '../client.ts';
import { ConnectionFailure } from '../../connector.ts';
import { request } from './order.ts';
import { ScramExchange } from './scram.ts';

/**
 * Answers the requests for proof of who we are that the driver does not see: Redshift's, which it
 * does not know, and SCRAM, for which it would derive a key anew for each session. Their order was
 * checked before. Throws ConnectionFailure.
 */
export class PasswordProof {
  readonly #signIn: SignIn;
  readonly #scram = new ScramExchange();

  constructor(signIn: SignIn) {
    this.#signIn = signIn;
  }

  /** Whether a request is answered here. */
  static answers(what: number): boolean {
    return what === request.sasl || what === request.saslContinue || what === digestRequest;
  }

  /** The answer to the request in the body of an authentication message, as it goes over the wire. */
  async answer(body: Buffer): Promise<Buffer> {
    const { derive } = this.#signIn;
    // Asked for before the first word, which is not said without one.
    const password = this.#signIn.password();
    switch (body.readInt32BE(0)) {
      case request.sasl: {
        const offered = body.toString('latin1', 4).split('\0');
        const { mechanism, message } = this.#scram.begin(offered);
        const length = Buffer.alloc(4);
        length.writeInt32BE(message.length);
        return saslMessage(Buffer.from(`${mechanism}\0`), length, Buffer.from(message));
      }
      case request.saslContinue: {
        const proof = await this.#scram.prove(body.toString('latin1', 4), password, derive);
        return saslMessage(Buffer.from(proof));
      }
      default: {
        const challenge = parseChallenge(body);
        if (!challenge) throw new ConnectionFailure('PROTOCOL_ERROR');
        return answerChallenge(challenge, password);
      }
    }
  }

  /** Has the server prove itself, by the body of its last word in SCRAM. */
  conclude(body: Buffer): void {
    this.#scram.conclude(body.toString('latin1', 4));
  }
}

/** PostgreSQL manual, "Message Formats", SASLInitialResponse and SASLResponse. */
function saslMessage(...parts: readonly Buffer[]): Buffer {
  const header = Buffer.from('p____');
  const body = Buffer.concat(parts);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}
