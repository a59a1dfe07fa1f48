import type { Role } from '../../shared/roles.ts';

/** What a procedure may ask of its caller, as `resource:action`. */
export const permissions = [
  'organizations:read',
  'organizations:write',
  'api-keys:read',
  'api-keys:write',
  'data-sources:read',
  'data-sources:write',
] as const;

export type Permission = (typeof permissions)[number];

/** What each role may do in its organization. */
export const rolePermissions: Record<Role, ReadonlySet<Permission>> = {
  ADMIN: new Set(permissions),
  MEMBER: new Set<Permission>(['organizations:read']),
};
