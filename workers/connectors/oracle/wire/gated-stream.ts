import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { OracleLimits } from '../limits.ts';
import type { Encryption } from './encryption.ts';
import { breakPacket } from './packet.ts';
import { PacketGate, type Passed } from './packet-gate.ts';

export interface GatedStreamOptions {
  readonly socket: Socket;
  /** Null for a connection without TLS. */
  readonly encryption: Encryption | null;
  readonly memory: Holding | undefined;
  readonly limits: Pick<OracleLimits, 'maxAnswerBytes'>;
}

/** For the server to take note that a statement is broken off, before its socket is destroyed. */
const breakMs = 500;

/** What the driver is connected to: an open socket, its TLS, and the gate in between. */
export class GatedStream extends Duplex {
  readonly #socket: Socket;
  readonly #encryption: Encryption | null;
  readonly #gate: PacketGate;
  #under: Duplex;
  #reason: ConnectionFailure | null = null;
  #isDone = false;
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  readonly #onEnd = (): void => {
    this.#reason ??= new ConnectionFailure('CONNECTION_LOST');
    this.push(null);
  };
  readonly #onClose = (): void => void this.destroy(new ConnectionFailure('CONNECTION_LOST'));

  /** Resolves when TLS is done, if there is any. Throws what `Encryption.begin` throws. */
  static async open(options: GatedStreamOptions): Promise<GatedStream> {
    return new GatedStream(options, (await options.encryption?.begin()) ?? options.socket);
  }

  private constructor({ socket, encryption, limits, memory }: GatedStreamOptions, under: Duplex) {
    super();
    this.#socket = socket;
    this.#encryption = encryption;
    this.#gate = new PacketGate(limits, encryption !== null, memory);
    this.#under = under;
    this.on('error', () => undefined);
    this.#listen();
  }

  /** Why there is nothing more to come from the server; null while there may be. */
  get reason(): ConnectionFailure | null {
    return this.#reason;
  }

  get receivedBytes(): number {
    return this.#gate.receivedBytes;
  }

  /** The server knows that we leave: there is nothing to break off. */
  done(): void {
    this.#isDone = true;
  }

  override _read(): void {
    this.#under.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#gate.outgoing();
    this.#under.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#under.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#reason ??= error instanceof ConnectionFailure ? error : null;
    this.#leave();
    done(error);
  }

  /** A server notices a lost client only when it has something to say, and works on until then. */
  #leave(): void {
    if (this.#isDone || !this.#gate.isAccepted || !this.#under.writable) {
      this.#under.destroy();
      this.#socket.destroy();
      return;
    }
    const timer = setTimeout(() => this.#socket.destroy(), breakMs);
    this.#socket.once('close', () => clearTimeout(timer));
    this.#under.off('data', this.#onData);
    this.#under.resume();
    this.#under.end(breakPacket, () => this.#socket.destroySoon());
  }

  #listen(): void {
    this.#under.on('data', this.#onData);
    this.#under.once('end', this.#onEnd);
    this.#under.once('close', this.#onClose);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const passed of this.#gate.pass(chunk)) this.#hand(passed);
    } catch (error) {
      this.destroy(failureOf(error));
    }
  }

  #hand({ bytes, encryptsAnew }: Passed): void {
    if (encryptsAnew) {
      this.#encryptAnew(bytes).catch((error: unknown) => this.destroy(failureOf(error)));
    } else if (!this.push(bytes)) {
      this.#under.pause();
    }
  }

  async #encryptAnew(resend: Buffer): Promise<void> {
    this.#under.off('data', this.#onData);
    this.#under.off('end', this.#onEnd);
    this.#under.off('close', this.#onClose);
    this.#under = (await this.#encryption?.begin()) ?? this.#under;
    if (this.destroyed) return void this.#socket.destroy();
    this.#listen();
    this.push(resend);
  }
}

function failureOf(error: unknown): ConnectionFailure {
  return error instanceof ConnectionFailure ? error : new ConnectionFailure('PROTOCOL_ERROR');
}
