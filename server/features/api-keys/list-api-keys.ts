import { sql } from 'kysely';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { effectivePermissions } from '../../identity/permissions.ts';
import { readPage } from '../../paging/paging.ts';
import type { ListedApiKey } from './contract.ts';
import { toApiKey } from './to-api-key.ts';

/** The organization's keys, newest first, deactivated ones included. */
export function listApiKeys(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'request'>,
  input: { orgId: string; limit: number; cursor?: string | undefined },
) {
  const { orgId } = input;
  const now = ctx.clock.now().toISOString();
  // Of those who belong to the organization today, by keys that are taken: nobody else may do anything.
  const role = sql<Role | null>`(
    select m.role from membership m
    where m.organization_id = api_key.organization_id and m.user_id = api_key.user_id
      and m.deactivated_at is null and api_key.deactivated_at is null
      and (api_key.expires_at is null or api_key.expires_at > ${now}))`;
  const query = ctx.em
    .getKysely()
    .selectFrom('api_key')
    .select([
      'id',
      'name',
      'kind',
      'hint',
      'environment',
      'scopes',
      'allowed_cidrs as allowedCidrs',
      'user_id as userId',
      'created_at as createdAt',
      'expires_at as expiresAt',
      'last_used_at as lastUsedAt',
      'deactivated_at as deactivatedAt',
    ])
    .select(role.as('role'))
    .where('organization_id', '=', orgId);
  return readPage(ctx, query, input, ({ role: held, ...row }): ListedApiKey => {
    const asKey = {
      roles: new Map<string, Role>(held ? [[orgId, held]] : []),
      scopes: new Set(row.scopes),
    };
    return { ...toApiKey(row), permissions: effectivePermissions(asKey, orgId) };
  });
}
