import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Principal } from '../identity/principal.ts';

type Caller = Pick<Principal, 'environment' | 'roles' | 'userId'>;

/**
 * Which rows of `data_source` a caller may use, as a condition for any query over them:
 * - a key of one environment never sees the other's;
 * - a member sees what is everyone's and what a grant of its own or of one of its groups opens;
 * - an admin sees all of its organizations' data sources.
 * What it excludes does not exist for the caller, anywhere. It is evaluated with the query, so a
 * changed policy counts at once; for admins it costs nothing, and is not even there.
 */
export function usableDataSources(caller: Caller): RawBuilder<SqlBool> {
  const { environment } = caller;
  const inEnvironment = sql<SqlBool>`data_source.environment = ${environment}`;
  const granted = grantedTo(caller);
  if (granted === null) return environment === null ? sql<SqlBool>`true` : inEnvironment;
  return environment === null ? granted : sql<SqlBool>`${inEnvironment} and ${granted}`;
}

/** Null for whoever is an admin wherever it is a member. */
function grantedTo({ roles, userId }: Caller): RawBuilder<SqlBool> | null {
  const adminOf = [...roles].flatMap(([id, role]) => (role === 'ADMIN' ? [id] : []));
  if (adminOf.length > 0 && adminOf.length === roles.size) return null;
  return sql<SqlBool>`(
    data_source.access_mode = 'everyone'
    or data_source.organization_id = any (${adminOf}::text[])
    or exists (
      select from data_source_grant g
      join membership m on m.organization_id = data_source.organization_id
        and m.user_id = ${userId} and m.deactivated_at is null
      where g.data_source_id = data_source.id and (
        g.membership_id = m.id
        or exists (
          select from group_member
          where group_member.group_id = g.group_id and group_member.membership_id = m.id))))`;
}
