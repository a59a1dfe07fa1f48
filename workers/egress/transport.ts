import type { Socket } from 'node:net';
import { openGuardedSocket } from './socket.ts';
import { openThroughTunnel } from './ssh/open.ts';
import type { TransportOptions, TransportTarget } from './transport-options.ts';

/**
 * The one way from a connector to its server: a guarded socket, through the data source's SSH
 * tunnel when it has one. It is a TCP socket of its own either way, but through a tunnel its remote
 * address is loopback. It may carry no error listener: the caller adds one at once. TLS is the
 * caller's (`startTls`), with the server's own host name, tunnel or not.
 * Throws ConnectionFailure.
 */
export async function openTransport(
  target: TransportTarget,
  options: TransportOptions,
): Promise<Socket> {
  if (target.connection.sshEnabled) return openThroughTunnel(target, options);
  return openGuardedSocket({ ...options, policy: target.egress });
}
