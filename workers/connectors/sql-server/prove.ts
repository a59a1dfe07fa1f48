import type { Occasion } from '../connector-by-session.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { beginReading } from './begin-reading.ts';
import { firstId, toId } from './catalog/object-id.ts';
import type { Statements } from './catalog/statements.ts';
import type { SessionSettings } from './open-session.ts';
import type { SqlServerSession } from './session.ts';

/** Proves that the catalog can be read, by the statements of a read. Gives back the version. */
export async function prove(
  session: SqlServerSession,
  step: ProbeStepper,
  { settings }: Occasion<SessionSettings>,
): Promise<string> {
  const timeoutMs = settings.deadlines.probeStatementMs;
  const reading = await step('query', () => beginReading(session, timeoutMs));
  await step('catalog', () => proveCatalog(session, reading.statements, timeoutMs));
  return reading.version;
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
