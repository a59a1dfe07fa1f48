import { ConnectionFailure } from '../connector.ts';
import type { Occasion } from '../connector-by-session.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import type { PostgresSession, SessionSettings } from './session.ts';
import { beginReadOnly, catalogProofStatement, versionStatement } from './catalog/statements.ts';

/** Proves that the session is read-only and that the catalog can be read. Gives back the version. */
export async function prove(
  session: PostgresSession,
  step: ProbeStepper,
  { settings }: Occasion<SessionSettings>,
): Promise<string> {
  const version = await step('query', () => readVersion(session, settings));
  await step('catalog', () => proveCatalog(session, settings));
  return version;
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
