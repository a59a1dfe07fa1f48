import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../certificates.ts';

/** The server's end of TLS, over whatever has been said before. */
export function encryptForClient(client: Duplex, identity: Identity): TLSSocket {
  const secureContext = createSecureContext(identity);
  const secure = new TLSSocket(client, { isServer: true, secureContext });
  return secure.on('error', () => client.destroy());
}

/** The client's end. Whose certificate it is, is not ours to judge: a vendor's container signs its own. */
export async function encryptForServer(server: Duplex): Promise<TLSSocket> {
  const secure = connect({ socket: server, rejectUnauthorized: false });
  secure.on('error', () => server.destroy());
  await once(secure, 'secureConnect');
  return secure;
}
