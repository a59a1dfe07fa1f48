import type { ConnectionTarget } from '../connectors/connector.ts';
import type { Resolver } from './resolve.ts';
import type { StepRunner } from './socket.ts';

/** What of a target decides how its sockets are opened. */
export type TransportTarget = Pick<
  ConnectionTarget,
  'connection' | 'secrets' | 'egress' | 'sshHostKey' | 'findings' | 'memory'
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
