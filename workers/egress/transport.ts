import type { Socket } from 'node:net';
import type { ConnectionTarget } from '../connectors/connector.ts';
import type { Resolver } from './resolve.ts';
import { openGuardedSocket, type StepRunner } from './socket.ts';
import { openThroughTunnel } from './ssh/open.ts';

/** What of a target decides how its sockets are opened. */
export type TransportTarget = Pick<
  ConnectionTarget,
  'connection' | 'secrets' | 'egress' | 'sshHostKey' | 'findings'
>;

/** Runs one named step on the way to a server; a probe times the steps through it. */
export type TransportStepRunner = <T>(
  step: Parameters<StepRunner>[0] | 'ssh',
  work: () => Promise<T>,
) => Promise<T>;

export interface TransportOptions {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly resolveTimeoutMs?: number;
  readonly connectTimeoutMs: number;
  /** For SSH's key exchange and sign-in; 10 s unless said otherwise. */
  readonly sshTimeoutMs?: number;
  readonly resolver?: Resolver;
  readonly step?: TransportStepRunner;
}

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
