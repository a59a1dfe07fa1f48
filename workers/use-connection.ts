import { dialectFacts } from '../shared/dialects.ts';
import type { ProbeReport } from '../shared/probe.ts';
import {
  ConnectionFailure,
  type ConnectionTarget,
  type Connector,
} from './connectors/connector.ts';
import { type Findings, noFindings } from './egress/findings.ts';
import type { Share } from './memory/share.ts';
import type { SealedConnection } from './load-data-source.ts';
import { storable } from './storable.ts';
import type { WorkerContext } from './worker-context.ts';

type Needs = Pick<WorkerContext, 'vault' | 'egress' | 'memory' | 'connectorFor'>;

/** A target that tells what was found on the way to it, and why its job had to go. */
interface UsedTarget extends ConnectionTarget {
  readonly findings: Findings;
  readonly memory: Share;
}

interface Use<Result> {
  readonly signal: AbortSignal;
  /** Its `signal` also fires when the worker has no memory left for this job. */
  work(connector: Connector, target: UsedTarget, signal: AbortSignal): Promise<Result>;
}

/**
 * Opens the secrets of a connection for the length of `work`.
 * Throws `VaultError` when they do not open, ConnectionFailure when no connector can reach it.
 */
export async function useConnection<Result>(
  { vault, egress, memory, connectorFor }: Needs,
  { organizationId, connection, secrets, sshHostKey, isDemo }: SealedConnection,
  { signal, work }: Use<Result>,
): Promise<Result> {
  const { dialect } = connection;
  // A tunnel that was asked for is never left out: the database may be another one without it.
  if (connection.sshEnabled && !dialectFacts[dialect].isTcp) {
    throw new ConnectionFailure('DIALECT_NOT_SUPPORTED');
  }
  const connector = await connectorFor(dialect, organizationId);
  const findings = noFindings();
  const policy = isDemo ? egress.forDemo() : egress;
  return memory.share((share) =>
    vault.use(secrets, async (opened, derive) => {
      const target = { connection, secrets: opened, derive, egress: policy, sshHostKey, findings };
      const either = AbortSignal.any([signal, share.signal]);
      try {
        return await work(connector, { ...target, memory: share }, either);
      } catch (error) {
        throw error instanceof ConnectionFailure ? (share.failure ?? error) : error;
      }
    }),
  );
}

/** What the database says now. Throws `VaultError`; everything else is an answer. */
export async function probeConnection(
  worker: Needs,
  sealed: SealedConnection,
  signal: AbortSignal,
): Promise<ProbeReport> {
  try {
    return await useConnection(worker, sealed, {
      signal,
      async work(connector, target, either) {
        const report = await connector.probe(target, either);
        const version = report.serverVersion;
        const serverVersion = version === null ? null : storable(version);
        const failure = report.failure && (target.memory.failure?.code ?? report.failure);
        return { ...report, failure, serverVersion, ...target.findings };
      },
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
