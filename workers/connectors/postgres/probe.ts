import { ConnectionFailure, type ConnectionTarget, type ProbeReport } from '../connector.ts';
import { probeBySteps } from '../probe-steps.ts';
import { openSession, type PostgresSession, type SessionSettings } from './session.ts';
import { beginReadOnly, catalogProofStatement, versionStatement } from './statements.ts';

/** Connects, signs in, proves that the catalog can be read, and disconnects. Never throws. */
export function probe(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  return probeBySteps(async (step) => {
    const session = await openSession(target, settings, signal, step);
    try {
      const version = await step('query', () => readVersion(session, settings));
      await step('catalog', () => proveCatalog(session, settings));
      return version;
    } finally {
      await session.close();
    }
  });
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
  return version;
}

async function proveCatalog(
  session: PostgresSession,
  { deadlines }: SessionSettings,
): Promise<void> {
  const timeoutMs = deadlines.probeStatementMs;
  const { rows } = await session.query(`${catalogProofStatement}; commit`, { rows: 1, timeoutMs });
  if (rows.length !== 1) throw new ConnectionFailure('PROTOCOL_ERROR');
}
