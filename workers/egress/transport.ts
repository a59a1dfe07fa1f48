import type { Socket } from 'node:net';
import { ConnectionFailure, type ConnectionTarget } from '../connectors/connector.ts';
import type { Resolver } from './resolve.ts';
import { openGuardedSocket, type StepRunner } from './socket.ts';

/** What of a target decides how its sockets are opened. */
export type TransportTarget = Pick<ConnectionTarget, 'connection' | 'secrets' | 'egress'>;

export interface TransportOptions {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly resolveTimeoutMs?: number;
  readonly connectTimeoutMs: number;
  readonly resolver?: Resolver;
  readonly step?: StepRunner;
}

/**
 * The one way from a connector to its server: a guarded socket, through the data source's SSH
 * tunnel when it has one. The socket carries no error listener: the caller adds one at once. TLS is
 * the caller's (`startTls`), with the server's own host name, tunnel or not.
 * Throws ConnectionFailure.
 */
export async function openTransport(
  target: TransportTarget,
  options: TransportOptions,
): Promise<Socket> {
  if (target.connection.sshEnabled) throw new ConnectionFailure('SSH_FAILED');
  return openGuardedSocket({ ...options, policy: target.egress });
}
