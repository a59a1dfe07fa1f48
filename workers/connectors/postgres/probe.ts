import {
  ConnectionFailure,
  type ConnectionTarget,
  type ProbeReport,
  type ProbeStep,
} from '../connector.ts';
import { toFailure } from './failures.ts';
import {
  openSession,
  type PostgresSession,
  type SessionSettings,
  type SessionStep,
} from './session.ts';
import { beginReadOnly, catalogProofStatement, versionStatement } from './statements.ts';

const maxVersionCharacters = 200;

/** Connects, signs in, proves that the catalog can be read, and disconnects. Never throws. */
export async function probe(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const startedAt = performance.now();
  const steps: ProbeStep[] = [];
  let serverVersion: string | null = null;
  let failure: ProbeReport['failure'] = null;
  const step = recordInto(steps, target.connection.sslEnabled);
  try {
    const session = await openSession(target, settings, signal, step);
    try {
      serverVersion = await step('query', () => readVersion(session, settings));
      await step('catalog', () => proveCatalog(session, settings));
    } finally {
      await session.close();
    }
  } catch (error) {
    failure = toFailure(error, { signingIn: false, encrypted: target.connection.sslEnabled }).code;
  }
  return { steps, failure, durationMs: performance.now() - startedAt, serverVersion };
}

function recordInto(steps: ProbeStep[], encrypted: boolean): SessionStep {
  return async (step, work) => {
    const startedAt = performance.now();
    const record = (failure: ProbeStep['failure']): void => {
      steps.push({ step, durationMs: performance.now() - startedAt, failure });
    };
    try {
      const result = await work();
      record(null);
      return result;
    } catch (error) {
      const failure = toFailure(error, { signingIn: step === 'sign-in', encrypted });
      record(failure.code);
      throw failure;
    }
  };
}

async function readVersion(
  session: PostgresSession,
  { deadlines }: SessionSettings,
): Promise<string> {
  const timeoutMs = deadlines.probeStatementMs;
  const { rows } = await session.query(beginReadOnly(timeoutMs, deadlines) + versionStatement, {
    rows: 1,
    timeoutMs,
  });
  const [version, readOnly] = rows[0] ?? [];
  if (!version || readOnly !== 'on') throw new ConnectionFailure('PROTOCOL_ERROR');
  return version.slice(0, maxVersionCharacters);
}

async function proveCatalog(
  session: PostgresSession,
  { deadlines }: SessionSettings,
): Promise<void> {
  const timeoutMs = deadlines.probeStatementMs;
  const { rows } = await session.query(`${catalogProofStatement}; commit`, { rows: 1, timeoutMs });
  if (rows.length !== 1) throw new ConnectionFailure('PROTOCOL_ERROR');
}
