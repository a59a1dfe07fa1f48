import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionFailure } from '../../connector.ts';
import { packetType } from './packet.ts';
import { preloginForDriver } from './prelogin.ts';
import type { TokenGate } from './token-gate.ts';

/**
 * An open stream as the driver wants its socket, with the gate in between. What the driver agrees
 * with the server about encryption before it signs in is done already, so it is answered here.
 */
export class GatedSocket extends Socket {
  readonly #under: Duplex;
  readonly #gate: TokenGate;
  #leaving = false;

  constructor(under: Duplex, gate: TokenGate) {
    super();
    this.#under = under;
    this.#gate = gate;
    under.on('data', (chunk: Buffer) => this.#receive(chunk));
    const lost = (): void => this.leave(new ConnectionFailure('CONNECTION_LOST'));
    // Nobody is expected to go before we do.
    under.once('end', lost);
    under.once('close', lost);
    under.on('error', (error: Error) => this.leave(error));
  }

  /**
   * Ends at once for the server, and for the driver when it is through with what it has been given:
   * an end in the middle of that is an exception in it that nobody can catch.
   */
  leave(reason?: Error): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#under.destroy();
    setImmediate(() => this.destroy(reason));
  }

  /** The driver's wishes for its socket: ours has been made. */
  override setNoDelay(): this {
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    this.#under.resume();
  }

  override _write(
    packet: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    if (packet[0] === packetType.prelogin) {
      this.push(preloginForDriver());
      done();
      return;
    }
    this.#gate.outgoing(packet);
    this.#under.write(packet, done);
  }

  /** A socket writes many chunks at once; the gate looks at each. */
  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    const [first, ...rest] = chunks;
    if (!first) return done();
    this._write(first.chunk, first.encoding, (error) =>
      error ? done(error) : this._writev(rest, done),
    );
  }

  override _final(done: () => void): void {
    this.#under.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#under.destroy();
    done(error);
    // A socket says this for itself, when its handle is closed, of which there is none here.
    process.nextTick(() => this.emit('close', error !== null));
  }

  #receive(chunk: Buffer): void {
    if (this.#leaving) return;
    try {
      const shown = this.#gate.pass(chunk);
      if (shown.length > 0 && !this.push(shown)) this.#under.pause();
    } catch (error) {
      this.leave(error instanceof Error ? error : new ConnectionFailure('PROTOCOL_ERROR'));
    }
  }
}
