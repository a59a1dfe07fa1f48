import type { Dialect } from '../../../shared/dialects.ts';
import { ConnectionFailure } from '../connector.ts';
import { type ServerKind, serverKindOf } from './server-kind.ts';
import type { MysqlSession } from './session.ts';
import {
  beginStatement,
  mariadbDeadlines,
  readOnlyProofStatement,
  readOnlyStatement,
  Statements,
  versionStatement,
} from './catalog/statements.ts';

export interface Reading {
  readonly version: string;
  readonly kind: ServerKind;
  readonly statements: Statements;
}

/**
 * Makes a session read-only and its statements end by themselves after `timeoutMs` on the server.
 * Throws PROTOCOL_ERROR unless the server says itself that nothing can be written. Vitess is not
 * asked: each of its answers may come from another server behind it.
 */
export async function beginReading(
  session: MysqlSession,
  dialect: Dialect,
  timeoutMs: number,
): Promise<Reading> {
  const run = (text: string, rows = 0) => session.query(text, { rows, timeoutMs });
  await run(readOnlyStatement);
  const [[version] = []] = await run(versionStatement, 1);
  if (!version) throw new ConnectionFailure('PROTOCOL_ERROR');
  const kind = serverKindOf(version);
  if (kind.isMariadb) await run(mariadbDeadlines(timeoutMs));
  if (dialect !== 'PLANETSCALE' && !kind.isVitess) {
    const proofs = await run(readOnlyProofStatement, 2);
    const isProved = proofs.length > 0 && proofs.every(([, value]) => value === 'ON');
    if (!isProved) throw new ConnectionFailure('PROTOCOL_ERROR');
    await run(beginStatement);
  }
  return { version, kind, statements: new Statements(kind, timeoutMs) };
}
