import { sql } from 'kysely';
import { placeOf } from '../../../shared/catalog-changes/place.ts';
import { readChanges } from '../../../shared/catalog-changes/read-changes.ts';
import { invalidField } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging/paging.ts';
import type { ListChanges, TableChange } from './changes/contract.ts';
import { assertAdmin } from './notes/assert-admin.ts';
import { knownMoment } from './tables/moment.ts';

/**
 * How the catalog of a data source at `to` differs from the one at `from`, table by table: what came
 * and went again between them is no difference.
 */
export async function listChanges(
  ctx: Pick<CallerContext, 'em' | 'clock'> & { readonly role: Role },
  input: ListChanges,
) {
  const { id, cursor, limit, includeHidden = false } = input;
  if (includeHidden) assertAdmin(ctx.role);
  const from = await knownMoment(ctx.em, id, 'from', input.from);
  const to = input.to === undefined ? ctx.clock.now() : new Date(input.to);
  if (from > to) throw invalidField('from', 'Must not be after `to`');
  const after = cursor === undefined ? undefined : await placeOf(ctx.em, sql`${id}`, cursor);
  const between = { dataSourceId: id, from, to, includeHidden, after };
  const found: TableChange[] = await readChanges(ctx.em, between, limit + 1);
  return toPage(found, limit, (item) => item);
}
