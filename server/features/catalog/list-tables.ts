import { sql } from 'kysely';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging/paging.ts';
import type { ListTables } from './contract.ts';
import { assertAdmin } from './notes/assert-admin.ts';
import { readHiddenSchemas } from '../../../shared/catalog-changes/read-hidden-schemas.ts';
import { readNotes } from '../../../shared/catalog-changes/read-notes.ts';
import { toTable } from './notes/to-table.ts';
import { knownMoment } from './tables/moment.ts';
import { placeOf } from '../../../shared/catalog-changes/place.ts';
import { readNumbered } from './tables/read-numbered.ts';
import { selectVisible } from './tables/select-visible.ts';

/** The tables of a data source, whole, by schema and name; `cursor` is the id of the last one seen. */
export async function listTables(
  { em, role, request }: Pick<CallerContext, 'em' | 'request'> & { readonly role: Role },
  input: ListTables,
) {
  const { id, asOf, cursor, limit, includeHidden = false } = input;
  if (includeHidden) assertAdmin(role);
  const query = {
    dataSourceId: id,
    schema: input.schema,
    kind: input.kind,
    search: input.search,
    asOf: asOf === undefined ? undefined : await knownMoment(em, id, 'asOf', asOf),
    includeHidden,
    after: cursor === undefined ? undefined : await placeOf(em, sql`${id}`, cursor),
  };
  const hidden = includeHidden ? new Set<string>() : await readHiddenSchemas(em, id);
  const { numberedPage } = request;
  const rows = numberedPage
    ? await readNumbered(em, { ...query, withoutSchemas: [...hidden] }, numberedPage)
    : await selectVisible(em, { ...query, limit: limit + 1 }, hidden);
  const notes = await readNotes(
    em,
    id,
    rows.map(({ definition }) => definition),
  );
  return toPage(rows, numberedPage?.pageSize ?? limit, (row) => toTable(row, notes, includeHidden));
}
