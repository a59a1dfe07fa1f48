import type { Role } from '../../shared/roles.ts';
import { fullAccess, type Principal } from './principal.ts';

/** What a procedure may ask of its caller, as `resource:action`. The same words are keys' scopes. */
export const permissions = [
  'organizations:read',
  'organizations:write',
  'members:read',
  'members:write',
  'groups:read',
  'groups:write',
  'projects:read',
  'projects:write',
  'api-keys:read',
  'api-keys:write',
  'data-sources:read',
  'data-sources:write',
  'credentials:read',
  'credentials:reveal',
  'backups:read',
  'backups:write',
  'audit:read',
  'webhooks:read',
  'webhooks:write',
] as const;

export type Permission = (typeof permissions)[number];

export const scopes = [...permissions, fullAccess] as const;

export type Scope = (typeof scopes)[number];

/** What each role may do in its organization, as far as its keys' scopes let it. */
const rolePermissions: Record<Role, ReadonlySet<Permission>> = {
  ADMIN: new Set(permissions),
  // Reading is everybody's, of what is there for them at all; see data-source-access.ts.
  MEMBER: new Set<Permission>([
    'organizations:read',
    'members:read',
    'groups:read',
    'projects:read',
    'data-sources:read',
  ]),
};

/** What the caller may do in an organization: what its role allows and its key's scopes allow. */
export function effectivePermissions(
  principal: Pick<Principal, 'roles' | 'scopes'>,
  organizationId: string,
): Permission[] {
  const role = principal.roles.get(organizationId);
  if (!role) return [];
  const { scopes: granted } = principal;
  return permissions.filter(
    (permission) =>
      rolePermissions[role].has(permission) && (granted.has(fullAccess) || granted.has(permission)),
  );
}
