import { ConnectionFailure } from '../connector.ts';
import { settingsStatement, Statements, versionStatement } from './catalog/statements.ts';
import type { SqlServerSession } from './session.ts';

export interface Reading {
  /** As people know it: `Microsoft SQL Server 16.0.4135.4 (Developer Edition (64-bit))`. */
  readonly version: string;
  readonly statements: Statements;
}

/**
 * Makes statements of this session end by themselves when somebody else's lock is in their way, and
 * asks what kind of server it is. Of sessions that cannot write SQL Server knows nothing; ours has no
 * other statements than those in statements.ts.
 */
export async function beginReading(session: SqlServerSession, timeoutMs: number): Promise<Reading> {
  await session.query(settingsStatement(timeoutMs), { rows: 0, timeoutMs });
  const [[version, edition, engine] = []] = await session.query(versionStatement, {
    rows: 1,
    timeoutMs,
  });
  const major = /^(\d{1,3})\.\d/.exec(version ?? '')?.[1];
  if (!version || !major) throw new ConnectionFailure('PROTOCOL_ERROR');
  return {
    version: `Microsoft SQL Server ${version} (${edition ?? 'edition unknown'})`,
    statements: new Statements(Number(major), Number(engine)),
  };
}
