import { ConnectionFailure } from '../connector.ts';
import type { Occasion } from '../connector-by-session.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import type { Answer, PostgresSession, SessionSettings } from './session.ts';
import { beginReadOnly, catalogProofStatement, versionStatement } from './catalog/statements.ts';

/**
 * Proves that the session is read-only and that the catalog can be read. Gives back the version. Both
 * are asked for in one go: a round trip less, of a check that is made every few minutes for years.
 */
export async function prove(
  session: PostgresSession,
  step: ProbeStepper,
  { settings: { deadlines } }: Occasion<SessionSettings>,
): Promise<string> {
  const ask = { rows: 1, timeoutMs: deadlines.probeStatementMs };
  const begin = beginReadOnly(ask.timeoutMs, deadlines);
  const versionAnswer = session.query(begin + versionStatement, ask);
  const catalogAnswer = session.query(`${catalogProofStatement}; commit`, ask);
  // Nobody awaits it when the first has failed.
  catalogAnswer.catch(() => undefined);
  const version = await step('query', async () => readVersion(await versionAnswer));
  await step('catalog', async () => assertOne(await catalogAnswer));
  return version;
}

function readVersion({ rows }: Answer): string {
  const [version, readOnly] = rows[0] ?? [];
  if (!version || readOnly !== 'on') throw new ConnectionFailure('PROTOCOL_ERROR');
  return version;
}

function assertOne({ rows }: Answer): void {
  if (rows.length !== 1) throw new ConnectionFailure('PROTOCOL_ERROR');
}
