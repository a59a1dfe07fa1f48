import { ConnectionFailure } from '../connector.ts';
import type { OracleSession, Statement } from './session.ts';

/** Names are compared by their bytes, whatever the database compares and sorts by. */
const comparison: Statement = {
  text: 'alter session set nls_comp = binary nls_sort = binary',
  columns: 0,
};

/** All that follows sees one moment of the catalog, and may not change anything (ORA-01456). */
const snapshot: Statement = { text: 'set transaction read only', columns: 0 };

const version: Statement = {
  text: `select banner from v$version where banner like 'Oracle%' and rownum = 1`,
  columns: 1,
};

/**
 * Begins a transaction that cannot write, and asks what the server is: `Oracle Database 19c Enterprise
 * Edition Release 19.0.0.0.0 - Production`.
 */
export async function beginReading(session: OracleSession, timeoutMs: number): Promise<string> {
  await session.query(comparison, { rows: 0, timeoutMs });
  await session.query(snapshot, { rows: 0, timeoutMs });
  const [[banner] = []] = await session.query(version, { rows: 1, timeoutMs });
  if (!banner) throw new ConnectionFailure('PROTOCOL_ERROR');
  return banner;
}
