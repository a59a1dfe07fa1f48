import { sql, type SqlBool } from 'kysely';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { invalidField } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { readPage, type ListOrder } from '../../paging.ts';
import type { Table } from './contract.ts';

/** The tables of a data source by schema and name; `cursor` is the id of the last one seen. */
export async function listTables(
  ctx: Pick<CallerContext, 'em' | 'request'>,
  input: { id: string; limit: number; cursor?: string | undefined },
) {
  const query = ctx.em
    .getKysely()
    .selectFrom('catalog_table')
    .select(['table_id', 'definition', 'row_estimate'])
    .where('data_source_id', '=', input.id)
    .where('valid_to', 'is', null);
  const page = await readPage(ctx, query, input, toTable, byName(input.id));
  if (page.items.length === 0 && input.cursor !== undefined)
    await assertTable(ctx, input.id, input.cursor);
  return page;
}

const key = sql`left(schema_name, 400) collate "C", left(name, 400) collate "C", table_id`;

/**
 * Ordered as the index catalog_table_list is, so a page costs a page however large the catalog. A
 * table that was dropped since still marks its place in the order: its last version is looked up.
 */
const byName = (dataSourceId: string): ListOrder => ({
  by: key,
  after: (cursor) => sql<SqlBool>`(${key}) > (
    select ${key} from catalog_table
    where table_id = ${cursor} and data_source_id = ${dataSourceId}
    order by valid_from desc limit 1)`,
});

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

interface Row {
  readonly table_id: string;
  readonly definition: Omit<CatalogTable, 'rowEstimate'>;
  readonly row_estimate: number | null;
}

function toTable(row: Row): Table {
  return { id: row.table_id, ...row.definition, rowEstimate: row.row_estimate };
}
