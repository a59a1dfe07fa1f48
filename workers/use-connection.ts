import { dialectFacts } from '../shared/dialects.ts';
import type { ProbeReport } from '../shared/probe.ts';
import {
  ConnectionFailure,
  type ConnectionTarget,
  type Connector,
} from './connectors/connector.ts';
import { type Findings, noFindings } from './egress/findings.ts';
import type { SealedConnection } from './load-data-source.ts';
import { storable } from './storable.ts';
import type { WorkerContext } from './worker-context.ts';

type Needs = Pick<WorkerContext, 'vault' | 'egress' | 'connectorFor'>;

/** A target that tells what was found on the way to it. */
export interface UsedTarget extends ConnectionTarget {
  readonly findings: Findings;
}

/**
 * Opens the secrets of a connection for the length of `work`.
 * Throws `VaultError` when they do not open, ConnectionFailure when no connector can reach it.
 */
export async function useConnection<Result>(
  { vault, egress, connectorFor }: Needs,
  { organizationId, connection, secrets, sshHostKey, isDemo }: SealedConnection,
  work: (connector: Connector, target: UsedTarget) => Promise<Result>,
): Promise<Result> {
  const { dialect } = connection;
  // A tunnel that was asked for is never left out: the database may be another one without it.
  if (connection.sshEnabled && !dialectFacts[dialect].isTcp) {
    throw new ConnectionFailure('DIALECT_NOT_SUPPORTED');
  }
  const connector = await connectorFor(dialect, organizationId);
  const findings = noFindings();
  const policy = isDemo ? egress.forDemo() : egress;
  return vault.use(secrets, (opened) =>
    work(connector, { connection, secrets: opened, egress: policy, sshHostKey, findings }),
  );
}

/** What the database says now. Throws `VaultError`; everything else is an answer. */
export async function probeConnection(
  worker: Needs,
  sealed: SealedConnection,
  signal: AbortSignal,
): Promise<ProbeReport> {
  try {
    return await useConnection(worker, sealed, async (connector, target) => {
      const report = await connector.probe(target, signal);
      const version = report.serverVersion;
      const serverVersion = version === null ? null : storable(version);
      return { ...report, serverVersion, ...target.findings };
    });
  } catch (error) {
    if (error instanceof ConnectionFailure) return unreached(error.code);
    throw error;
  }
}

/** The report of a probe that did not get as far as its first step. */
export function unreached(failure: NonNullable<ProbeReport['failure']>): ProbeReport {
  return { steps: [], failure, durationMs: 0, serverVersion: null };
}
