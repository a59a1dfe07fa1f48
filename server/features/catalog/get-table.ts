import { sql } from 'kysely';
import { notFound } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import type { GetTable, Table } from './contract.ts';
import { assertAdmin } from './notes/assert-admin.ts';
import { isHidden, readNotes } from '../../../shared/catalog-changes/read-notes.ts';
import { toTable } from './notes/to-table.ts';
import { knownMoment } from './tables/moment.ts';
import type { TableRow } from './tables/select-tables.ts';

/** One table as it is, or as it was at a moment, or NOT_FOUND when there was none. */
export async function getTable(
  { em, role }: Pick<CallerContext, 'em'> & { readonly role: Role },
  { id, tableId, asOf, includeHidden = false }: GetTable,
): Promise<Table> {
  if (includeHidden) assertAdmin(role);
  const at = asOf === undefined ? undefined : await knownMoment(em, id, 'asOf', asOf);
  const version =
    at === undefined
      ? sql`valid_to is null`
      : sql`valid_from <= ${at} and (valid_to is null or valid_to > ${at})`;
  const { rows } = await sql<TableRow>`
    select table_id, data_source_id, schema_name, name, definition, row_estimate
    from catalog_table
    where table_id = ${tableId} and data_source_id = ${id} and ${version}`.execute(em.getKysely());
  const [row] = rows;
  if (!row) throw notFound('Table');
  const notes = await readNotes(em, id, [row.definition]);
  if (!includeHidden && isHidden(notes, row.schema_name, row.name)) throw notFound('Table');
  return toTable(row, notes, includeHidden);
}
