import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectionFailure } from '../connectors/connector.ts';
import { portOf } from './ssh/socket-pair.ts';
import { openTransport } from './transport.ts';
import type { TransportOptions, TransportTarget } from './transport-options.ts';

export interface ForwardedPort {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Closes the port and what came through it. */
  close(): void;
}

export interface ForwardOptions extends TransportOptions {
  /**
   * What the port leads to instead of the open socket: TLS over it, something that looks at what
   * passes. It destroys the socket with itself, and carries a listener for its errors.
   */
  readonly through?: (socket: Socket) => Promise<Duplex>;
}

/**
 * A port on loopback that leads to `options.host` through `openTransport`, for drivers that take
 * nothing but host and port. The way to the server is open when it resolves, so its failures and its
 * steps are those of `openTransport` and `through`. The port takes one connection, the first that this
 * process makes itself; those of other processes are closed unread.
 * Close it after use, whatever happened; an aborted signal closes it too.
 */
export async function forwardPort(
  target: TransportTarget,
  options: ForwardOptions,
): Promise<ForwardedPort> {
  const far = await openFar(target, options);
  const own = new OwnSockets();
  const server = createServer({ noDelay: true, pauseOnConnect: true });
  const close = (): void => {
    options.signal.removeEventListener('abort', close);
    own.stop();
    server.close();
    far.destroy();
  };
  options.signal.addEventListener('abort', close, { once: true });
  far.once('close', close);
  server.on('error', close);
  server.on('connection', (near) => {
    near.on('error', () => near.destroy());
    if (!own.has(near)) return void near.destroy();
    own.stop();
    server.close();
    // Either end's failure destroys both, which is all that there is to say about it.
    pipeline(near, far, near).catch(() => close());
    far.once('close', () => near.destroy());
    near.once('close', close);
  });
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await Promise.race([once(server, 'listening'), once(server, 'close')]).catch(() => undefined);
  if (!server.listening || far.destroyed) {
    close();
    throw new ConnectionFailure('CONNECTION_LOST');
  }
  return { host: '127.0.0.1', port: portOf(server), close };
}

async function openFar(target: TransportTarget, options: ForwardOptions): Promise<Duplex> {
  const socket = await openTransport(target, options);
  socket.on('error', () => socket.destroy());
  try {
    return (await options.through?.(socket)) ?? socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The client sockets that this process has made since, as Node itself reports them. */
class OwnSockets {
  readonly #sockets = new Set<Socket>();
  readonly #keep = (message: unknown): void => {
    const made = message instanceof Object && 'socket' in message ? message.socket : null;
    if (made instanceof Socket) this.#sockets.add(made);
  };

  constructor() {
    subscribe('net.client.socket', this.#keep);
  }

  /** Whether the other end of an accepted connection is one of them: on loopback ports tell. */
  has(accepted: Socket): boolean {
    const { remotePort, localPort } = accepted;
    return [...this.#sockets].some(
      (socket) =>
        socket.localPort === remotePort && (socket.connecting || socket.remotePort === localPort),
    );
  }

  stop(): void {
    unsubscribe('net.client.socket', this.#keep);
    this.#sockets.clear();
  }
}
