import { isConnectable } from '../shared/dialects.ts';
import type { ProbeReport } from '../shared/probe.ts';
import {
  ConnectionFailure,
  type ConnectionTarget,
  type Connector,
} from './connectors/connector.ts';
import type { SealedConnection } from './load-data-source.ts';
import { storable } from './storable.ts';
import type { WorkerContext } from './worker-context.ts';

type Needs = Pick<WorkerContext, 'vault' | 'egress' | 'connectorFor'>;

/**
 * Opens the secrets of a connection for the length of `work`.
 * Throws `VaultError` when they do not open, ConnectionFailure when no connector can reach it.
 */
export async function useConnection<Result>(
  { vault, egress, connectorFor }: Needs,
  { connection, secrets, isDemo }: SealedConnection,
  work: (connector: Connector, target: ConnectionTarget) => Promise<Result>,
): Promise<Result> {
  const { dialect } = connection;
  // A tunnel that was asked for is never left out: the database may be another one without it.
  if (!isConnectable(dialect) || connection.sshEnabled) {
    throw new ConnectionFailure('DIALECT_NOT_SUPPORTED');
  }
  const connector = await connectorFor(dialect);
  const policy = isDemo ? egress.forDemo() : egress;
  return vault.use(secrets, (opened) =>
    work(connector, { connection, secrets: opened, egress: policy }),
  );
}

/** What the database says now. Throws `VaultError`; everything else is an answer. */
export async function probeConnection(
  worker: Needs,
  sealed: SealedConnection,
  signal: AbortSignal,
): Promise<ProbeReport> {
  try {
    const report = await useConnection(worker, sealed, (connector, target) =>
      connector.probe(target, signal),
    );
    const version = report.serverVersion;
    return { ...report, serverVersion: version === null ? null : storable(version) };
  } catch (error) {
    if (error instanceof ConnectionFailure) return unreached(error.code);
    throw error;
  }
}

/** The report of a probe that did not get as far as its first step. */
export function unreached(failure: NonNullable<ProbeReport['failure']>): ProbeReport {
  return { steps: [], failure, durationMs: 0, serverVersion: null };
}
