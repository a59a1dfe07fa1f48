import { effectivePermissions, type Permission } from '../../../server/identity/permissions.ts';
import { fullAccess } from '../../../server/identity/principal.ts';
import { appRouter } from '../../../server/router.ts';
import { inOrganization, ofOrganization, type Meta } from '../../../server/trpc.ts';
import { roles, type Role } from '../../../shared/roles.ts';

/** Who is let in by a procedure, as the router declares it. */
export interface Rule {
  readonly procedure: string;
  readonly routes: readonly string[];
  /** Null when being signed in is enough, or when nobody has to be. */
  readonly permission: Permission | null;
  readonly isOpen: boolean;
  /** The roles that are let in; all of them where no organization is named. */
  readonly roles: readonly Role[];
}

interface Definition {
  readonly _def: { readonly meta?: Meta; readonly inputs: readonly unknown[] };
}

const procedures = appRouter._def.procedures as unknown as Record<string, Definition>;

/** One rule for every procedure there is, in the order of the router. */
export function readRules(): Rule[] {
  return Object.entries(procedures).map(([procedure, { _def }]) => {
    const { meta, inputs } = _def;
    if (!meta) throw new Error(`${procedure} declares no permission`);
    const { permission } = meta;
    const asksRole = inputs.includes(inOrganization) || inputs.includes(ofOrganization);
    return {
      procedure,
      routes: Object.entries(meta.rest ?? {}).map(([surface, route]) => `${surface} ${route}`),
      permission,
      isOpen: meta.isOpen === true,
      roles: roles.filter((role) => !asksRole || permission === null || grants(role, permission)),
    };
  });
}

/** Whether a role has a permission, by the function that decides it for requests. */
export function grants(role: Role, permission: Permission): boolean {
  const somewhere = { roles: new Map([['', role]]), scopes: new Set([fullAccess]) };
  return effectivePermissions(somewhere, '').includes(permission);
}
