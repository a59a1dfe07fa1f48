import { sql } from 'kysely';
import { invalidField } from '../../shared/errors.ts';
import { Id, kindOf } from '../../shared/ids.ts';
import type { CallerContext, Context } from '../context.ts';
import { authenticated } from '../middleware/authenticate.ts';

/**
 * The organization that a request means without saying so: that of the thing which it names, when
 * the caller is a member there; else the key's own; else the only one of the caller. It is a guess
 * and gives no right: the procedure checks it like one that was said. Of a thing in an organization
 * of others nothing shows, not even in time: that it is not the caller's is part of the question.
 */
export async function implyOrganization(
  context: Context,
  unsafeThing: unknown,
  name: string,
): Promise<string> {
  const caller = await authenticated(context);
  const { organizationId } = caller.principal;
  const implied = (await organizationOf(caller, unsafeThing)) ?? organizationId;
  return implied ?? onlyOrganization(caller, unsafeThing, name);
}

/** The organization of a thing among those that the caller is a member of. */
async function organizationOf({ em, principal }: CallerContext, unsafeThing: unknown) {
  const { data: id } = Id.safeParse(unsafeThing);
  const table = id === undefined ? null : tableOf(em, id);
  if (table === null || principal.kind === 'pair') return null;
  const { rows } = await sql<{ organization_id: string }>`
    select thing.organization_id from ${sql.table(table)} thing
    join membership m on m.organization_id = thing.organization_id
    where thing.id = ${id} and m.user_id = ${principal.userId} and m.deactivated_at is null`.execute(
    em.getKysely(),
  );
  return rows[0]?.organization_id ?? null;
}

/** Where things of an id's kind are kept, if each of them is an organization's. */
function tableOf(em: Context['em'], id: string): string | null {
  const kind = kindOf(id);
  if (kind === null) return null;
  const className = kind.charAt(0).toUpperCase() + kind.slice(1);
  const entity = em.getMetadata().getByClassName(className, false);
  return entity && 'organizationId' in entity.properties ? entity.tableName : null;
}

async function onlyOrganization(caller: CallerContext, unsafeThing: unknown, name: string) {
  const known = caller.principal.roles;
  // Another process may just have let the caller in, so only a clear answer is taken from memory.
  const fresh =
    known.size === 1 ? null : await caller.principals.refresh(caller.request.credential);
  const [only, another] = (fresh?.roles ?? known).keys();
  // A thing that is in none of them is missing from each of them alike.
  if (only !== undefined && (another === undefined || unsafeThing !== undefined)) return only;
  throw invalidField(name, 'Required, because it does not follow from who calls');
}
