import { connect, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../certificates.ts';
import { type SocketServer, startSocketServer } from './socket-server.ts';

/** Answers PostgreSQL's request for TLS with `identity` and passes the rest on to a server without. */
export function startTlsFront(
  identity: Identity,
  backend: { host: string; port: number },
): Promise<SocketServer> {
  const quiet = <S extends Socket>(socket: S): S => socket.on('error', () => socket.destroy());
  return startSocketServer((plain) => {
    plain.once('data', () => {
      plain.write('S');
      const secureContext = createSecureContext(identity);
      const secure = quiet(new TLSSocket(plain, { isServer: true, secureContext }));
      const behind = quiet(connect(backend));
      secure.pipe(behind).pipe(secure);
      secure.once('close', () => behind.destroy());
    });
  });
}
