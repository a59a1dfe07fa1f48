import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { startTls, type TlsOptions } from '../../../egress/tls.ts';
import { ConnectionFailure } from '../../connector.ts';
import { RawStream } from './raw-stream.ts';

/** TLS over one socket, begun as often as the server asks for it, its identity verified each time. */
export class Encryption {
  readonly #socket: Socket;
  readonly #options: TlsOptions;
  #current: RawStream | null = null;

  constructor(socket: Socket, options: TlsOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Throws what `startTls` throws; TLS_NOT_SUPPORTED for a server that answers nothing and goes. */
  async begin(): Promise<Duplex> {
    this.#current?.detach();
    const raw = new RawStream(this.#socket);
    this.#current = raw;
    const before = this.#socket.bytesRead;
    try {
      const secure = await startTls(raw, this.#options);
      secure.on('error', () => secure.destroy());
      return secure;
    } catch (error) {
      const isFailed = error instanceof ConnectionFailure && error.code === 'TLS_FAILED';
      // A listener without TLS hangs up on what is no packet; one with it says what is wrong.
      if (!isFailed || this.#socket.bytesRead > before) throw error;
      throw new ConnectionFailure('TLS_NOT_SUPPORTED');
    }
  }
}
