import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { toPage } from '../../paging/paging.ts';
import type { ColumnMatch, SearchColumns } from './contract.ts';
import { assertAdmin } from './notes/assert-admin.ts';
import { conceal } from '../../../shared/catalog-changes/conceal.ts';
import { readHiddenSchemas } from '../../../shared/catalog-changes/read-hidden-schemas.ts';
import { readNotes } from '../../../shared/catalog-changes/read-notes.ts';
import { toColumns } from './notes/to-table.ts';
import { placeOf, type Place } from '../../../shared/catalog-changes/place.ts';
import { containing, type TableRow } from './tables/select-tables.ts';
import { selectVisible } from './tables/select-visible.ts';

interface Search {
  /** In lower case, as the names that are looked through. */
  readonly text: string;
  readonly includeHidden: boolean;
}

/** Tables of all data sources that the caller may use, with those columns whose name contains a text. */
export async function searchColumns(
  ctx: Pick<CallerContext, 'em' | 'principal'> & { readonly role: Role },
  input: SearchColumns,
) {
  const { orgId, cursor, limit, includeHidden = false } = input;
  if (includeHidden) assertAdmin(ctx.role);
  const search = { text: input.search.toLowerCase(), includeHidden };
  const usable = sql`
    select data_source.id from data_source
    where data_source.organization_id = ${orgId} and data_source.deleted_at is null
      and ${usableDataSources(ctx.principal)}`;
  const after = cursor === undefined ? undefined : await placeOf(ctx.em, usable, cursor);
  const found: ColumnMatch[] = [];
  for (const source of await sourcesWith(ctx.em, usable, search.text, after)) {
    const wanted = limit + 1 - found.length;
    if (wanted === 0) break;
    found.push(...(await matchesIn(ctx.em, source, search, wanted)));
  }
  return toPage(found, limit, (match) => match);
}

interface Source {
  readonly dataSourceId: string;
  /** Those that contain the text. */
  readonly columnNames: readonly string[];
  readonly after: Place | undefined;
}

/** The data sources that have, or had, such columns, from the one on that a place is in. */
async function sourcesWith(
  em: EntityManager,
  usable: ReturnType<typeof sql>,
  text: string,
  after: Place | undefined,
): Promise<Source[]> {
  const { rows } = await sql<{ data_source_id: string; names: string[] }>`
    select c.data_source_id, array_agg(c.name) as names from catalog_column_name c
    where c.data_source_id in (${usable}) and c.name like ${containing(text)}
      ${after ? sql`and c.data_source_id >= ${after.dataSourceId}` : sql``}
    group by c.data_source_id order by c.data_source_id`.execute(em.getKysely());
  return rows.map(({ data_source_id: dataSourceId, names: columnNames }) => ({
    dataSourceId,
    columnNames,
    after: after?.dataSourceId === dataSourceId ? after : undefined,
  }));
}

/** Up to `wanted` tables. Those whose only match is hidden are passed over. */
async function matchesIn(
  em: EntityManager,
  source: Source,
  { text, includeHidden }: Search,
  wanted: number,
): Promise<ColumnMatch[]> {
  const hidden = includeHidden
    ? new Set<string>()
    : await readHiddenSchemas(em, source.dataSourceId);
  const found: ColumnMatch[] = [];
  for (let { after } = source; ;) {
    const limit = wanted - found.length;
    const rows = await selectVisible(em, { ...source, after, includeHidden, limit }, hidden);
    const definitions = rows.map(({ definition }) => definition);
    const notes = await readNotes(em, source.dataSourceId, definitions);
    for (const row of rows) {
      const seen = includeHidden ? row.definition : conceal(row.definition, notes);
      const columns = toColumns(seen, notes).filter(({ name }) =>
        name.toLowerCase().includes(text),
      );
      if (columns.length > 0) found.push(toMatch(row, columns));
    }
    const last = rows.at(-1);
    if (!last || rows.length < limit || found.length === wanted) return found;
    after = {
      dataSourceId: source.dataSourceId,
      schema: last.schema_name,
      table: { name: last.name, id: last.table_id },
    };
  }
}

function toMatch(row: TableRow, columns: ColumnMatch['columns']): ColumnMatch {
  return {
    id: row.table_id,
    dataSourceId: row.data_source_id,
    schema: row.schema_name,
    name: row.name,
    kind: row.definition.kind,
    columns,
  };
}
