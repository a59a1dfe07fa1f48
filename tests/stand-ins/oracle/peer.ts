import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../../support/certificates.ts';
import { type } from './packets.ts';

export interface Incoming {
  readonly type: number;
  readonly bytes: Buffer;
}

const known: ReadonlySet<number> = new Set(Object.values(type));

/** One client, as a TNS server sees it: packets in, bytes out. */
export class Peer {
  readonly #socket: Socket;
  readonly #onPacket: (packet: Incoming) => void;
  readonly #onBytes: (bytes: Buffer, isClear: boolean) => void;
  #stream: Duplex;
  #held = Buffer.alloc(0);
  #lengthBytes: 2 | 4 = 2;

  constructor(
    socket: Socket,
    onPacket: (packet: Incoming) => void,
    onBytes: (bytes: Buffer, isClear: boolean) => void,
  ) {
    this.#socket = socket;
    this.#onPacket = onPacket;
    this.#onBytes = onBytes;
    this.#stream = socket;
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded;
  }

  /** Reads, in the clear or with this certificate; the second time over the same socket. */
  begin(identity: Identity | undefined): void {
    this.#stream.removeAllListeners('data');
    this.#held = Buffer.alloc(0);
    if (identity) {
      const layer = new SocketLayer(this.#socket);
      const secureContext = createSecureContext(identity);
      this.#stream = new TLSSocket(layer, { isServer: true, secureContext });
      this.#stream.on('error', () => this.close());
    }
    this.#stream.on('data', (chunk: Buffer) => {
      this.#onBytes(chunk, identity === undefined);
      this.#held = Buffer.concat([this.#held, chunk]);
      this.#read();
    });
    this.#stream.on('end', () => this.close());
  }

  /** From now on lengths have four bytes. */
  accept(): void {
    this.#lengthBytes = 4;
  }

  /** Bytes as they are. */
  async send(bytes: Buffer): Promise<void> {
    if (this.closed || this.#stream.write(bytes)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stream.once('drain', resolve);
    this.#stream.once('close', resolve);
    await promise;
    this.#stream.off('drain', resolve);
    this.#stream.off('close', resolve);
  }

  /** Says no more, once what was said has left. */
  end(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.destroy();
    this.#socket.destroy();
  }

  #read(): void {
    while (this.#held.length >= 8) {
      const length = this.#held.readUIntBE(0, this.#lengthBytes);
      // As of what is no packet at all: TLS, on a port that has none.
      if (length < 8 || !known.has(this.#held.readUInt8(4))) return this.close();
      if (this.#held.length < length) return;
      const bytes = this.#held.subarray(0, length);
      this.#held = this.#held.subarray(length);
      this.#onPacket({ type: bytes.readUInt8(4), bytes });
    }
  }
}

/** A socket for one TLS session. The next one takes its place. */
class SocketLayer extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => this.push(chunk));
    socket.on('end', () => this.push(null));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }
}
