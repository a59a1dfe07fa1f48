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

  constructor(under: Duplex, gate: TokenGate) {
    super();
    this.#under = under;
    this.#gate = gate;
    under.on('data', (chunk: Buffer) => this.#receive(chunk));
    under.once('end', () => {
      if (gate.midMessage) this.destroy(new ConnectionFailure('CONNECTION_LOST'));
      else this.push(null);
    });
    under.on('error', (error: Error) => this.destroy(error));
    under.once('close', () => this.destroy());
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
  }

  #receive(chunk: Buffer): void {
    try {
      const shown = this.#gate.pass(chunk);
      if (shown.length > 0 && !this.push(shown)) this.#under.pause();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new ConnectionFailure('PROTOCOL_ERROR'));
    }
  }
}
