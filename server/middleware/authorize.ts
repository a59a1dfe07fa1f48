import { AppError, notFound } from '../../shared/errors.ts';
import type { Role } from '../../shared/roles.ts';
import type { CallerContext } from '../context.ts';
import { effectivePermissions, type Permission } from '../identity/permissions.ts';
import { fullAccess, type Principal } from '../identity/principal.ts';
import { auditRefusal } from './audit-refusal.ts';
import { usableDataSources } from './data-source-access.ts';

/**
 * Lets the caller into the organization, or throws: NOT_FOUND to those who are not in it (it may as
 * well not exist), FORBIDDEN to those whose role and scopes lack the permission, which is put on
 * record. The context's rows are this organization's only from then on.
 */
export async function permitted(
  ctx: CallerContext,
  unsafeOrganizationId: string,
  permission: Permission | null | undefined,
  procedure: string,
): Promise<{ readonly principal: Principal; readonly role: Role }> {
  if (permission === undefined) throw new Error('a procedure must declare its permission');
  const principal = await withMembership(ctx, unsafeOrganizationId);
  const role = principal.roles.get(unsafeOrganizationId);
  if (!role) throw notFound('Organization');
  const allowed = effectivePermissions(principal, unsafeOrganizationId);
  const isForAdmins = ctx.request.adminsOnly && permission !== 'organizations:read';
  if (permission && (!allowed.includes(permission) || (isForAdmins && role !== 'ADMIN'))) {
    await auditRefusal(ctx, { organizationId: unsafeOrganizationId, permission, procedure });
    throw lacking(permission);
  }
  ctx.em.setFilterParams('tenant', { organizationId: unsafeOrganizationId });
  return { principal, role };
}

/**
 * Throws FORBIDDEN unless the credential was given the permission: what a role adds, no key has. The
 * refusal is on record where the key is managed, since what was asked is about no organization.
 */
export async function assertScope(
  ctx: CallerContext,
  permission: Permission | null | undefined,
  procedure: string,
): Promise<void> {
  if (!permission) throw new Error('a scoped procedure must declare its permission');
  const { scopes, organizationId } = ctx.principal;
  if (scopes.has(fullAccess) || scopes.has(permission)) return;
  if (organizationId !== null) await auditRefusal(ctx, { organizationId, permission, procedure });
  throw lacking(permission);
}

const lacking = (permission: Permission): AppError =>
  new AppError('FORBIDDEN', `You lack the permission ${permission}`, { details: { permission } });

/** The same caller with its memberships as they are now, if the remembered ones do not suffice. */
async function withMembership(ctx: CallerContext, organizationId: string): Promise<Principal> {
  if (ctx.principal.roles.has(organizationId)) return ctx.principal;
  // Another process may just have let the caller in, so a denial is not taken from memory.
  const fresh = await ctx.principals.refresh(ctx.request.credential);
  return fresh ?? ctx.principal;
}

/** Throws NOT_FOUND unless the data source exists in the organization and the caller may use it. */
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
    .where(usableDataSources(ctx.principal))
    .executeTakeFirst();
  if (!found) throw notFound('Data source');
}
