import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

const prelogin = 0x12;

/** A message in packets. */
export function packets(type: number, payload: Buffer, size = 4_096): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += size - 8) {
    const part = payload.subarray(at, at + size - 8);
    const isLast = at + size - 8 >= payload.length;
    const header = Buffer.from([type, isLast ? 1 : 0, 0, 0, 0, 0x33, (parts.length + 1) & 0xff, 0]);
    header.writeUInt16BE(part.length + 8, 2);
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}

/**
 * The server's side of TLS inside of packets. A client that sends TLS without packets around it has
 * done its handshake, and is answered in kind from then on.
 */
export class ServerHandshake extends Duplex {
  readonly #socket: Socket;
  #wrapping = true;
  #held = Buffer.alloc(0);

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(this.#wrapping ? packets(prelogin, chunk) : chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#wrapping && this.#held.length >= 8 && this.#held[0] === prelogin) {
      const length = this.#held.readUInt16BE(2);
      if (this.#held.length < length) return;
      this.push(this.#held.subarray(8, length));
      this.#held = this.#held.subarray(length);
    }
    if (this.#held.length === 0 || this.#held[0] === prelogin) return;
    this.#wrapping = false;
    this.push(this.#held);
    this.#held = Buffer.alloc(0);
  }
}
