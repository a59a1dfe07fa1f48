import type { Socket } from 'node:net';
import { ConnectionFailure } from '../connector.ts';
import type { MessageGate } from './gate/message-gate.ts';
import type { ServerError } from './gate/server-error.ts';
import { queryMessage, startupMessage, terminateMessage } from './messages.ts';
import type { PasswordProof } from './sign-in/proof.ts';

/**
 * What is said over one connection: the sign-in, then requests of the simple protocol. That is what a
 * transaction pooler forwards faithfully: several statements, no names, no parameters. Requests do not
 * wait for the answer to the one before; those of one turn of the event loop leave together.
 * The socket was opened, judged and encrypted before, and all that comes in passes the gate.
 */
export class Link {
  readonly #socket: Socket;
  readonly #gate: MessageGate;
  readonly #proof: PasswordProof;
  /** Of those who wait for the server, in the order of its answers. */
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  /** What the server has objected to in what the first of them has asked. */
  #objection: ServerError | null = null;
  #isSigningIn = true;
  #isAnswering = false;
  #isOver = false;
  /** Why, where there is more to say than that the connection is lost. */
  #reason: unknown = null;

  constructor(socket: Socket, gate: MessageGate, proof: PasswordProof) {
    this.#socket = socket;
    this.#gate = gate;
    this.#proof = proof;
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.once('end', () => this.destroy());
    socket.once('close', () => this.destroy());
  }

  /**
   * Resolves when the server is ready for requests. Rejects with ServerError, ConnectionFailure or what
   * the socket ended with.
   */
  signIn(parameters: { readonly user: string; readonly database: string }): Promise<void> {
    return this.#say(startupMessage(parameters));
  }

  /**
   * Resolves when the server is ready for the next request; rows are at the gate then. Rejects as
   * `signIn` does; the link goes on only after a ServerError, and with what was asked meanwhile.
   */
  request(text: string): Promise<void> {
    return this.#say(queryMessage(text));
  }

  /** Says goodbye. Resolves when that is on its way, or nothing can be said any more. */
  goodbye(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve();
      this.#socket.once('close', resolve);
      this.#socket.end(terminateMessage, resolve);
    });
  }

  /** Whoever waits is told that the connection is lost. */
  destroy(): void {
    this.#end(null);
  }

  #say(message: Buffer): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    if (this.#isOver) this.#refuse(waiting);
    else {
      this.#waiting.push(waiting);
      this.#send(message);
    }
    return waiting.promise;
  }

  #send(message: Buffer): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(message);
  }

  #hear(chunk: Buffer): void {
    try {
      for (const said of this.#gate.pass(chunk)) {
        if (said === 'ready') this.#settle();
        else this.#object(said);
      }
      if (this.#gate.challenge && !this.#isAnswering) {
        this.#answer(this.#gate.challenge).catch((error: unknown) => this.#end(error));
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /** An error ends a sign-in, and a connection that was asked nothing; a request it does not end yet. */
  #object(error: ServerError): void {
    this.#objection ??= error;
    if (this.#isSigningIn || this.#waiting.length === 0) this.#end(error);
  }

  async #answer(challenge: Buffer): Promise<void> {
    this.#isAnswering = true;
    const answer = await this.#proof.answer(challenge);
    this.#isAnswering = false;
    this.#gate.challenge = null;
    if (!this.#isOver) this.#socket.write(answer);
  }

  #settle(): void {
    this.#isSigningIn = false;
    const objection = this.#objection;
    this.#objection = null;
    const waiting = this.#waiting.shift();
    if (objection) waiting?.reject(objection);
    else waiting?.resolve();
  }

  /** The first reason counts, and before it what the server has objected to. */
  #end(reason: unknown): void {
    if (!this.#isOver) this.#reason = this.#objection ?? reason;
    this.#isOver = true;
    this.#socket.destroy();
    for (const waiting of this.#waiting.splice(0)) this.#refuse(waiting);
  }

  #refuse({ reject }: PromiseWithResolvers<void>): void {
    reject(this.#reason ?? new ConnectionFailure('CONNECTION_LOST'));
  }
}
