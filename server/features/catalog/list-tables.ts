import { sql } from 'kysely';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { invalidField } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging.ts';
import type { Table } from './contract.ts';

interface Row {
  table_id: string;
  definition: Omit<CatalogTable, 'rowEstimate'>;
  row_estimate: number | null;
}

/** The tables of a data source by schema and name; `cursor` is the id of the last one seen. */
export async function listTables(
  ctx: Pick<CallerContext, 'em'>,
  input: { id: string; limit: number; cursor?: string | undefined },
) {
  // Ordered as the index catalog_table_list is, so a page costs a page however large the catalog.
  const { rows } = await sql<Row>`
    select t.table_id, t.definition, t.row_estimate from catalog_table t
    where t.data_source_id = ${input.id} and t.valid_to is null
      ${input.cursor === undefined ? sql`` : after(input.id, input.cursor)}
    order by left(t.schema_name, 400) collate "C", left(t.name, 400) collate "C", t.table_id
    limit ${input.limit + 1}`.execute(ctx.em.getKysely());
  if (rows.length === 0 && input.cursor !== undefined)
    await assertTable(ctx, input.id, input.cursor);
  return toPage(rows, input.limit, toTable);
}

// A table that was dropped since still marks its place in the order: its last version is looked up.
const after = (dataSourceId: string, cursor: string) => sql`
  and (left(t.schema_name, 400) collate "C", left(t.name, 400) collate "C", t.table_id) > (
    select left(c.schema_name, 400) collate "C", left(c.name, 400) collate "C", c.table_id
    from catalog_table c where c.table_id = ${cursor} and c.data_source_id = ${dataSourceId}
    order by c.valid_from desc limit 1)`;

/** An empty page means that there is no more; for a cursor from elsewhere it would be a lie. */
async function assertTable(ctx: Pick<CallerContext, 'em'>, dataSourceId: string, cursor: string) {
  const known = await ctx.em
    .getKysely()
    .selectFrom('catalog_table')
    .select('table_id')
    .where('table_id', '=', cursor)
    .where('data_source_id', '=', dataSourceId)
    .limit(1)
    .executeTakeFirst();
  if (!known) throw invalidField('cursor', 'Not the id of a table of this data source');
}

function toTable(row: Row): Table {
  return { id: row.table_id, ...row.definition, rowEstimate: row.row_estimate };
}
