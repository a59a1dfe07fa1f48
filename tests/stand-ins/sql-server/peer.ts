import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../../support/certificates.ts';
import { packets, ServerHandshake } from './handshake.ts';

export interface Message {
  readonly type: number;
  readonly payload: Buffer;
}

/** One client, as a TDS server sees it: whole messages in, tokens out. */
export class Peer {
  readonly #socket: Socket;
  readonly #onMessage: (message: Message) => void;
  readonly #onBytes: (bytes: Buffer, isClear: boolean) => void;
  #stream: Duplex;
  #held = Buffer.alloc(0);
  #message: Buffer[] = [];

  constructor(
    socket: Socket,
    onMessage: (message: Message) => void,
    onBytes: (bytes: Buffer, isClear: boolean) => void,
  ) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    this.#onBytes = onBytes;
    this.#stream = socket;
    this.#listen(true);
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.readableEnded;
  }

  /** Bytes as they are. */
  async send(bytes: Buffer): Promise<void> {
    if (this.closed || this.#stream.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('drain', resolve);
      this.#stream.once('close', resolve);
    });
  }

  /** Tokens, as one message. */
  answer(...tokens: readonly Buffer[]): Promise<void> {
    return this.send(packets(0x04, Buffer.concat(tokens)));
  }

  /** Goes on in TLS with this certificate. */
  encrypt(identity: Identity): void {
    this.#socket.removeAllListeners('data');
    this.#stream = new TLSSocket(new ServerHandshake(this.#socket), {
      isServer: true,
      secureContext: createSecureContext(identity),
    });
    this.#listen(false);
  }

  close(): void {
    this.#stream.destroy();
    this.#socket.destroy();
  }

  #listen(isClear: boolean): void {
    this.#stream.on('data', (chunk: Buffer) => {
      this.#onBytes(chunk, isClear);
      this.#held = Buffer.concat([this.#held, chunk]);
      this.#read();
    });
    this.#stream.on('error', () => this.close());
    this.#stream.on('end', () => this.close());
  }

  #read(): void {
    while (this.#held.length >= 8) {
      const length = this.#held.readUInt16BE(2);
      if (length < 8) return this.close();
      if (this.#held.length < length) return;
      const [type = 0, flags = 0] = this.#held;
      this.#message.push(this.#held.subarray(8, length));
      this.#held = this.#held.subarray(length);
      if ((flags & 1) === 0) continue;
      const payload = Buffer.concat(this.#message);
      this.#message = [];
      // IGNORE, [MS-TDS] 2.2.3.1.2: how a client gives up a request amid sending it.
      if ((flags & 2) !== 0) continue;
      this.#onMessage({ type, payload });
    }
  }
}
