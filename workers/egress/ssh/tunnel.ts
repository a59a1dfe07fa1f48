import type { Socket } from 'node:net';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { withDeadline } from '../deadline.ts';
import type { TransportOptions } from '../transport-options.ts';
import type { SshConnection } from './connection.ts';
import { join } from './join.ts';
import { openSocketPair } from './socket-pair.ts';

/** One SSH connection and the sockets that lead through it. Closes with the last of them. */
export class Tunnel {
  readonly #connection = Promise.withResolvers<SshConnection>();
  readonly #sockets = new Set<Socket>();
  #leases = 0;
  #isClosed = false;

  constructor() {
    // Whoever waits sees the failure; nobody may be waiting.
    this.#connection.promise.catch(() => undefined);
  }

  /** Whether a new socket needs a new tunnel. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Keeps the tunnel open until what is returned is called. */
  lease(): () => void {
    this.#leases += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#leases -= 1;
      if (this.#leases === 0) this.#close();
    };
  }

  /** The tunnel is there. */
  opened(connection: SshConnection): void {
    connection.onClose(() => {
      this.#isClosed = true;
      for (const socket of this.#sockets) socket.destroy(new ConnectionFailure('CONNECTION_LOST'));
    });
    this.#connection.resolve(connection);
    if (this.#isClosed) connection.close();
  }

  /** There will be no tunnel: so for everybody who waits for it. */
  failed(error: unknown): void {
    this.#isClosed = true;
    this.#connection.reject(error);
  }

  /** A socket to an endpoint behind the tunnel. `release` is called when both its ends have closed. */
  async forward(options: TransportOptions, release: () => void): Promise<Socket> {
    const { host, port, signal, connectTimeoutMs: timeoutMs } = options;
    const deadline = { timeoutMs, signal };
    const connection = await withDeadline(this.#connection.promise, deadline);
    const { inner, outer } = await openSocketPair(signal);
    try {
      join({ inner, outer }, await connection.openChannel(host, port, deadline));
    } catch (error) {
      inner.destroy();
      outer.destroy();
      throw error;
    }
    this.#sockets.add(outer);
    // What has come through by then is the driver's to read, whatever becomes of the connection.
    inner.once('close', () => this.#sockets.delete(outer));
    // Not before the driver has read it: the tunnel closes with the last release.
    whenAllClosed([inner, outer], release);
    return outer;
  }

  #close(): void {
    this.#isClosed = true;
    void this.#connection.promise.then(
      (connection) => connection.close(),
      () => undefined,
    );
  }
}

function whenAllClosed(sockets: readonly Socket[], then: () => void): void {
  let open = sockets.length;
  for (const socket of sockets) {
    socket.once('close', () => {
      open -= 1;
      if (open === 0) then();
    });
  }
}
