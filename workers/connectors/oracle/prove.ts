import type { Occasion } from '../connector-by-session.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { beginReading } from './begin-reading.ts';
import { firstName, owners, parts, tables } from './catalog/statements.ts';
import type { SessionSettings } from './open-session.ts';
import type { OracleSession } from './session.ts';

/** Proves that the catalog can be read, by the statements of a read. Gives back the version. */
export async function prove(
  session: OracleSession,
  step: ProbeStepper,
  { settings }: Occasion<SessionSettings>,
): Promise<string> {
  const timeoutMs = settings.deadlines.probeStatementMs;
  const version = await step('query', () => beginReading(session, timeoutMs));
  await step('catalog', () => proveCatalog(session, timeoutMs));
  return version;
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
