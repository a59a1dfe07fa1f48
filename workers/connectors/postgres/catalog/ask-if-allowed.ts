import type { Row } from '../gate/row-cursor.ts';
import type { Ask, PostgresSession } from '../session.ts';

/**
 * The rows of statements that read what a role may not be allowed to: null then. The transaction that
 * is open goes on in both cases.
 */
export async function askIfAllowed(
  session: PostgresSession,
  statements: string,
  ask: Ask,
): Promise<readonly Row[] | null> {
  const answer = await session.queryIfAllowed(`savepoint basekeep;${statements}`, ask);
  if (answer) return answer.rows;
  await session.query('rollback to savepoint basekeep', { rows: 0, timeoutMs: ask.timeoutMs });
  return null;
}
