import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Principal } from '../identity/principal.ts';

/**
 * Which rows of `data_source` a caller may use, as a condition for any query over them: a key of one
 * environment never sees the other's. What it excludes does not exist for the caller, anywhere.
 */
export function usableDataSources(principal: Principal): RawBuilder<SqlBool> {
  const { environment } = principal;
  if (environment === null) return sql<SqlBool>`true`;
  return sql<SqlBool>`data_source.environment = ${environment}`;
}
