import type { ConnectionTarget, ProbeReport } from '../connector.ts';
import { probeBySteps } from '../probe-steps.ts';
import { beginReading } from './begin-reading.ts';
import { firstId, toId } from './catalog/object-id.ts';
import type { Statements } from './catalog/statements.ts';
import { openSession, type SessionSettings } from './open-session.ts';
import type { SqlServerSession } from './session.ts';

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
      const reading = await step('query', () => beginReading(session, timeoutMs));
      await step('catalog', () => proveCatalog(session, reading.statements, timeoutMs));
      return reading.version;
    } finally {
      await session.close();
    }
  });
}

// Columns, key columns, checks of one table; the answers are not looked at.
const maxProofRows = 50_000;

/** Runs every statement of a catalog read, for one table that the user can see. */
async function proveCatalog(
  session: SqlServerSession,
  statements: Statements,
  timeoutMs: number,
): Promise<void> {
  const [table] = await session.query(statements.tables(firstId, 1), { rows: 1, timeoutMs });
  const id = table ? toId(table[0]) : firstId;
  for (const statement of Object.values(statements.parts(id - 1, id))) {
    await session.query(statement, { rows: maxProofRows, timeoutMs });
  }
}
