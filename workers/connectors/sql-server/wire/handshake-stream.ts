import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ConnectionFailure } from '../../connector.ts';
import { headerBytes, packetAt, packetType, toPackets } from './packet.ts';

/**
 * A socket as TLS wants it. The handshake travels inside of prelogin packets, and what comes after it
 * does not: [MS-TDS], section 3.2.5.1. `unwrap` is where one changes into the other.
 */
export class HandshakeStream extends Duplex {
  readonly #socket: Socket;
  #wrapping = true;
  #held = Buffer.alloc(0);

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#receive(chunk);
      } catch (error) {
        this.destroy(error instanceof Error ? error : new ConnectionFailure('PROTOCOL_ERROR'));
      }
    });
    socket.once('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.once('close', () => this.destroy());
  }

  /** To be called when the handshake is done, before anything else is written. */
  unwrap(): void {
    this.#wrapping = false;
    // Nobody has anything to say before we have signed in.
    if (this.#held.length > 0) this.destroy(new ConnectionFailure('PROTOCOL_ERROR'));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.write(this.#wrapping ? toPackets(packetType.prelogin, chunk, true) : chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (!this.#wrapping) return this.#give(chunk);
    this.#held = Buffer.concat([this.#held, chunk]);
    for (;;) {
      const packet = this.#wrapping ? packetAt(this.#held, 0) : null;
      if (!packet) return;
      const { type, payload } = packet;
      if (type !== packetType.prelogin && type !== packetType.answer) {
        throw new ConnectionFailure('TLS_NOT_SUPPORTED');
      }
      this.#held = this.#held.subarray(headerBytes + payload.length);
      this.#give(payload);
    }
  }

  #give(bytes: Buffer): void {
    if (bytes.length > 0 && !this.push(bytes)) this.#socket.pause();
  }
}
