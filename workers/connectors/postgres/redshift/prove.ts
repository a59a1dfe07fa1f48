import { ConnectionFailure } from '../../connector.ts';
import type { Occasion } from '../../connector-by-session.ts';
import type { ProbeStepper } from '../../probe-steps.ts';
import type { PostgresSession, SessionSettings } from '../session.ts';
import { beginReadOnly, catalogProofStatement, versionStatement } from './statements.ts';

/** Proves that the catalog can be read, by the statements of a read. Gives back the version. */
export async function prove(
  session: PostgresSession,
  step: ProbeStepper,
  { settings }: Occasion<SessionSettings>,
): Promise<string> {
  const ask = { rows: 1, timeoutMs: settings.deadlines.probeStatementMs };
  const version = await step('query', async () => {
    const text = `${beginReadOnly(ask.timeoutMs)}${versionStatement}`;
    const { rows } = await session.query(text, ask);
    return rows[0]?.[0] ?? refuse();
  });
  await step('catalog', async () => {
    const { rows } = await session.query(`${catalogProofStatement}; commit`, ask);
    if (rows.length !== 1) refuse();
  });
  return version;
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
