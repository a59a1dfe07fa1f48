import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Identity } from '../certificates.ts';

/** A listener of this process. */
export interface SocketServer {
  readonly port: number;
  /** Cuts every connection and listens no more. */
  close(): Promise<void>;
}

export interface SocketServerOptions {
  /** Default: 127.0.0.1. Null: every address of this machine. */
  readonly host?: string | null;
  /** Has every connection begin with TLS. */
  readonly identity?: Identity | null;
}

/** Serves every connection to a free port; one that fails is closed and no more is said of it. */
export async function startSocketServer(
  serve: (socket: Socket) => void,
  { host = '127.0.0.1', identity = null }: SocketServerOptions = {},
): Promise<SocketServer> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const serveKept = (socket: Socket): void => {
    keep(socket);
    serve(socket);
  };
  const server: Server = identity ? createTlsServer(identity, serveKept) : createServer(serveKept);
  // Connections that never come to the end of their handshake are cut as well.
  if (identity) server.on('connection', keep);
  server.listen({ port: 0, ...(host === null ? {} : { host }) });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
