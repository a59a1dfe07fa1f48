import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { withDeadline } from '../deadline.ts';

/** Both ends of one connection inside this process. */
export interface SocketPair {
  /** The end that a driver gets: as good as any TCP socket. */
  readonly outer: Socket;
  /** The end that a tunnel is connected to. Half open: it ends when both directions have. */
  readonly inner: Socket;
}

// Loopback, within one process: far more than it ever takes.
const timeoutMs = 2_000;

/**
 * A connected pair of real sockets over loopback. Drivers and Node's TLS do things with a socket that
 * no imitation has (mysql2 turns a TLS failure over an imitated one into an uncaught error). Another
 * process that connects first gets nothing: of all accepted connections the one is kept whose remote
 * port is our own socket's local port, which on one machine is one connection only.
 */
export async function openSocketPair(signal: AbortSignal): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  const opened: Socket[] = [];
  const drop = (): void => opened.forEach((socket) => socket.destroy());
  try {
    return await withDeadline(pairOver(server, opened), { timeoutMs, signal }, drop);
  } catch (error) {
    drop();
    throw error instanceof ConnectionFailure ? error : new ConnectionFailure('INTERNAL_ERROR');
  } finally {
    server.close();
  }
}

async function pairOver(server: Server, opened: Socket[]): Promise<SocketPair> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketPair>();
  server.on('error', reject);
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(server, 'listening');
  const waiting: Socket[] = [];
  const outer = connect({ port: portOf(server), host: '127.0.0.1', noDelay: true });
  opened.push(outer);
  const match = (): void => {
    if (outer.connecting || outer.localPort === undefined) return;
    for (const inner of waiting.splice(0)) {
      if (inner.remotePort !== outer.localPort || inner.remoteAddress !== '127.0.0.1') {
        inner.destroy();
        continue;
      }
      outer.removeAllListeners('error');
      resolve({ outer, inner });
    }
  };
  server.on('connection', (socket) => {
    opened.push(socket);
    socket.on('error', () => socket.destroy());
    waiting.push(socket);
    match();
  });
  outer.once('connect', match);
  outer.on('error', reject);
  return promise;
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new ConnectionFailure('INTERNAL_ERROR');
  return address.port;
}
