import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../certificates.ts';

export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers PostgreSQL's request for TLS with `identity` and passes the rest on to a server without. */
export async function startTlsFront(
  identity: Identity,
  backend: { host: string; port: number },
): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const server = createServer((plain) => {
    keep(plain).once('data', () => {
      plain.write('S');
      const secureContext = createSecureContext(identity);
      const secure = keep(new TLSSocket(plain, { isServer: true, secureContext }));
      const behind = keep(connect(backend));
      secure.pipe(behind).pipe(secure);
      secure.once('close', () => behind.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The front has no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
