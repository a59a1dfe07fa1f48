import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { startTls, type TlsOptions } from '../../../egress/tls.ts';
import { ConnectionFailure } from '../../connector.ts';
import { capability, charsetNumber, ours } from './capabilities.ts';
import type { Greeting } from './greeting.ts';

/**
 * Asks a server that has greeted for TLS and does the handshake. Nothing but the request itself, no
 * user name either, has left when it resolves with a verified peer.
 * Throws TLS_NOT_SUPPORTED, and what `startTls` throws.
 */
export async function requestTls(
  socket: Socket,
  greeting: Greeting,
  options: TlsOptions,
): Promise<TLSSocket> {
  if (!greeting.offersTls) throw new ConnectionFailure('TLS_NOT_SUPPORTED');
  socket.write(sslRequest());
  return startTls(socket, options);
}

/** MySQL internals manual, "Protocol::SSLRequest": 32 bytes, the second packet of a connection. */
function sslRequest(): Buffer {
  const packet = Buffer.alloc(36);
  packet.writeUInt8(32, 0);
  packet.writeUInt8(1, 3);
  packet.writeUInt32LE((ours | capability.SSL) >>> 0, 4);
  packet.writeUInt8(charsetNumber, 12);
  return packet;
}
