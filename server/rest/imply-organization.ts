import { sql } from 'kysely';
import { invalidField } from '../../shared/errors.ts';
import { Id, kindOf } from '../../shared/ids.ts';
import type { Role } from '../../shared/roles.ts';
import type { CallerContext, Context } from '../context.ts';
import { effectivePermissions, type Permission } from '../identity/permissions.ts';

interface Hint {
  /** The id of the thing that the request names, if it names one. */
  readonly unsafeThing: unknown;
  readonly permission: Permission | null;
  /** What the surface calls the organization. */
  readonly name: string;
}

/**
 * The organization that a request means without saying so: that of the thing which it names, when
 * the caller may do there what it asks for; else the key's own; else the only one of the caller. It
 * is a guess and gives no right: the procedure checks it like one that was said. A thing that is out
 * of the caller's reach changes nothing of it, so it is answered like one that is not there.
 */
export async function implyOrganization(caller: CallerContext, hint: Hint): Promise<string> {
  const { organizationId } = caller.principal;
  const implied = (await organizationOf(caller, hint)) ?? organizationId;
  return implied ?? onlyOrganization(caller, hint);
}

/** The organization of a thing among those where the caller has the permission. */
async function organizationOf(
  { em, principal }: CallerContext,
  { unsafeThing, permission }: Hint,
): Promise<string | null> {
  const { data: id } = Id.safeParse(unsafeThing);
  const table = id === undefined ? null : tableOf(em, id);
  if (table === null || principal.kind === 'pair') return null;
  const { rows } = await sql<{ organization_id: string; role: Role }>`
    select thing.organization_id, m.role from ${sql.table(table)} thing
    join membership m on m.organization_id = thing.organization_id
    where thing.id = ${id} and m.user_id = ${principal.userId} and m.deactivated_at is null`.execute(
    em.getKysely(),
  );
  const [row] = rows;
  if (!row) return null;
  const asMember = { ...principal, roles: new Map([[row.organization_id, row.role]]) };
  const permissions = effectivePermissions(asMember, row.organization_id);
  return permission === null || permissions.includes(permission) ? row.organization_id : null;
}

/** Where things of an id's kind are kept, if each of them is an organization's. */
function tableOf(em: Context['em'], id: string): string | null {
  const kind = kindOf(id);
  if (kind === null) return null;
  const className = kind.charAt(0).toUpperCase() + kind.slice(1);
  const entity = em.getMetadata().getByClassName(className, false);
  return entity && 'organizationId' in entity.properties ? entity.tableName : null;
}

async function onlyOrganization(caller: CallerContext, { unsafeThing, name }: Hint) {
  const known = caller.principal.roles;
  // Another process may just have let the caller in, so only a clear answer is taken from memory.
  const fresh =
    known.size === 1 ? null : await caller.principals.refresh(caller.request.credential);
  const [only, another] = (fresh?.roles ?? known).keys();
  // A thing that is in none of them is missing from each of them alike.
  if (only !== undefined && (another === undefined || unsafeThing !== undefined)) return only;
  throw invalidField(name, 'Required, because it does not follow from who calls');
}
