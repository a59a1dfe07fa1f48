import { ConnectionFailure, type ConnectionTarget, type ProbeReport } from '../../connector.ts';
import { probeBySteps } from '../../probe-steps.ts';
import { openSession, type SessionSettings } from '../session.ts';
import { beginReadOnly, catalogProofStatement, versionStatement } from './statements.ts';

/** Connects, signs in, proves that the catalog can be read, and disconnects. Never throws. */
export function probe(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const ask = { rows: 1, timeoutMs: settings.deadlines.probeStatementMs };
  return probeBySteps(async (step) => {
    const session = await openSession(target, settings, signal, step);
    try {
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
    } finally {
      await session.close();
    }
  });
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
