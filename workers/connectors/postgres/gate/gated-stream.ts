import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ConnectionFailure } from '../../connector.ts';
import type { MessageGate } from './message-gate.ts';
import type { PasswordProof } from '../sign-in/proof.ts';

/**
 * An open socket as the `pg` driver wants its stream, with the gate in between. The driver's
 * `connect()` opens nothing: the socket was opened, judged and encrypted before.
 */
export class GatedStream extends Duplex {
  readonly #socket: Socket;
  #isAnswering = false;

  constructor(socket: Socket, gate: MessageGate, proof: PasswordProof) {
    super();
    this.#socket = socket;
    const fail = (error: unknown): void => {
      this.destroy(error instanceof Error ? error : new ConnectionFailure('PROTOCOL_ERROR'));
    };
    socket.on('data', (chunk: Buffer) => {
      try {
        const messages = gate.pass(chunk);
        if (messages.length > 0 && !this.push(messages)) socket.pause();
        if (gate.challenge && !this.#isAnswering)
          this.#answer(gate, gate.challenge, proof).catch(fail);
      } catch (error) {
        fail(error);
      }
    });
    socket.once('end', () => {
      if (gate.midMessage) this.destroy(new ConnectionFailure('CONNECTION_LOST'));
      else this.push(null);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.once('close', () => this.destroy());
  }

  async #answer(gate: MessageGate, challenge: Buffer, proof: PasswordProof): Promise<void> {
    this.#isAnswering = true;
    const answer = await proof.answer(challenge);
    this.#isAnswering = false;
    gate.challenge = null;
    if (!this.destroyed) this.#socket.write(answer);
  }

  /** What `pg` calls to open its stream. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(on: boolean): this {
    this.#socket.setNoDelay(on);
    return this;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
