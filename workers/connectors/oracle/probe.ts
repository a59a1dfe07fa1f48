import type { ConnectionTarget, ProbeReport } from '../connector.ts';
import { probeBySteps } from '../probe-steps.ts';
import { beginReading } from './begin-reading.ts';
import { firstName, owners, parts, tables } from './catalog/statements.ts';
import { openSession, type SessionSettings } from './open-session.ts';
import type { OracleSession } from './session.ts';

/** Connects, signs in, proves that the catalog can be read, and disconnects. Never throws. */
export function probe(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const timeoutMs = settings.deadlines.probeStatementMs;
  return probeBySteps(async (step) => {
    const session = await openSession(target, settings, signal, step);
    try {
      const version = await step('query', () => beginReading(session, timeoutMs));
      await step('catalog', () => proveCatalog(session, timeoutMs));
      return version;
    } finally {
      await session.close();
    }
  });
}

// Columns, key columns, checks of one table; the answers are not looked at.
const maxProofRows = 50_000;

/** Runs every statement of a catalog read, for one table that the user can see. */
async function proveCatalog(session: OracleSession, timeoutMs: number): Promise<void> {
  const [[owner] = []] = await session.query(owners(1), { rows: 1, timeoutMs });
  const of = { owner: owner ?? firstName, after: firstName };
  const [[name] = []] = await session.query(tables(of, 1), { rows: 1, timeoutMs });
  const range = { ...of, upTo: name ?? firstName };
  for (const statement of Object.values(parts(range))) {
    await session.query(statement, { rows: maxProofRows, timeoutMs });
  }
}
