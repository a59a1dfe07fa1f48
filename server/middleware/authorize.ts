import { AppError, notFound } from '../../shared/errors.ts';
import type { Role } from '../../shared/roles.ts';
import type { CallerContext } from '../context.ts';
import { rolePermissions, type Permission } from '../identity/permissions.ts';
import { bearerOf } from './authenticate.ts';

/**
 * Lets the caller into the organization, or throws: NOT_FOUND to those who are not in it (it may as
 * well not exist), FORBIDDEN to members whose role lacks the permission. What it returns sees rows
 * of this organization only.
 */
export async function permitted(
  ctx: CallerContext,
  unsafeOrganizationId: string,
  permission: Permission | null | undefined,
): Promise<CallerContext & { readonly role: Role }> {
  const role = await roleIn(ctx, unsafeOrganizationId);
  if (!role) throw notFound('Organization');
  if (permission === undefined) throw new Error('a procedure must declare its permission');
  if (permission && !rolePermissions[role].has(permission)) {
    throw new AppError('FORBIDDEN', `Your role lacks the permission ${permission}`);
  }
  ctx.em.setFilterParams('tenant', { organizationId: unsafeOrganizationId });
  return { ...ctx, role };
}

async function roleIn(ctx: CallerContext, organizationId: string): Promise<Role | undefined> {
  const known = ctx.principal.roles.get(organizationId);
  if (known) return known;
  // Another process may just have let the caller in, so a denial is not taken from memory.
  const key = bearerOf(ctx.request.authorization);
  const fresh = key === null ? null : await ctx.principals.refresh(key);
  return fresh?.roles.get(organizationId);
}

/** Throws NOT_FOUND unless the data source exists in the organization. */
export async function dataSourceOf(
  ctx: CallerContext,
  organizationId: string,
  unsafeId: string,
): Promise<void> {
  const found = await ctx.em
    .getKysely()
    .selectFrom('data_source')
    .select('id')
    .where('id', '=', unsafeId)
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!found) throw notFound('Data source');
}
