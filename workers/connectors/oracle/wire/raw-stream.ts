import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A socket as one TLS session wants it, which can be taken away from it again: a listener that hands
 * its clients on has them begin TLS a second time on the same socket.
 */
export class RawStream extends Duplex {
  readonly #socket: Socket;
  #isDetached = false;
  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#socket.pause();
  };
  readonly #onEnd = (): void => void this.push(null);
  readonly #onClose = (): void => void this.destroy();

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.once('end', this.#onEnd);
    socket.once('close', this.#onClose);
  }

  /** Ends this stream and leaves the socket open, paused, for the next one. */
  detach(): void {
    this.#isDetached = true;
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onClose);
    this.destroy();
  }

  override _read(): void {
    if (!this.#isDetached) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // What an abandoned TLS session still has to say is for nobody.
    if (this.#isDetached) done();
    else this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    if (this.#isDetached) done();
    else this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isDetached) this.#socket.destroy();
    done(error);
  }
}
