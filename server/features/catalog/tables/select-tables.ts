import { sql, type RawBuilder } from 'kysely';
import type { Definition } from '../../../../shared/catalog-changes/definition.ts';
import type { EntityManager } from '../../../../shared/db/orm.ts';
import { isShown } from '../../../../shared/catalog-changes/is-shown.ts';
import { isBehind, placeOrder, type Place } from '../../../../shared/catalog-changes/place.ts';

/** A version of a table as it is stored. */
export interface TableRow {
  readonly table_id: string;
  readonly data_source_id: string;
  readonly schema_name: string;
  readonly name: string;
  readonly definition: Definition;
  readonly row_estimate: number | null;
}

export interface TableQuery {
  readonly dataSourceId: string;
  readonly schema?: string | undefined;
  readonly kind?: string | undefined;
  /** Part of the name. */
  readonly search?: string | undefined;
  /** Lower-case names of which a table has at least one as a column. */
  readonly columnNames?: readonly string[];
  readonly asOf?: Date | undefined;
  readonly includeHidden: boolean;
  /** Schemas whose tables are left out. */
  readonly withoutSchemas: readonly string[];
  readonly after?: Place | undefined;
  readonly limit: number;
  /** Tables to pass over, for surfaces that count pages. */
  readonly offset?: number;
}

const columns = sql`
  t.table_id, t.data_source_id, t.schema_name, t.name, t.definition, t.row_estimate`;

/** Tables in their order, from an index that holds it: a page costs a page, whatever there is. */
export async function selectTables(em: EntityManager, query: TableQuery): Promise<TableRow[]> {
  const { limit, offset = 0 } = query;
  const pages = halvesOf(query).map(
    (half) => sql`(
      select ${columns} from catalog_table t where ${half}
      order by ${placeOrder} limit ${limit + offset})`,
  );
  const { rows } = await sql<TableRow>`
    select ${columns} from (${sql.join(pages, sql` union all `)}) t
    order by ${placeOrder} limit ${limit} offset ${offset}`.execute(em.getKysely());
  return rows;
}

// So many places are looked at for each table that is wanted, before anything else is tried.
const nearPlaces = 3;

/**
 * The same for tables with certain columns. PostgreSQL takes a name that it has no figures of for
 * more frequent than it is, and would look for it in the order of the list: through a million tables
 * for three. So a few places are looked at, and where none of them has it, the index on columns
 * says where it is: the CTE keeps the limit from turning that into a walk again.
 */
export async function selectTablesWith(
  em: EntityManager,
  columnNames: readonly string[],
  query: Omit<TableQuery, 'columnNames' | 'asOf' | 'offset'>,
): Promise<TableRow[]> {
  const { limit } = query;
  const tables = sql`t.valid_to is null and ${conditionsOf(query)}`;
  const hasColumn = sql`t.column_names && ${columnNames}::text[]`;
  const near = await sql<TableRow>`
    select ${columns} from (
      select t.* from catalog_table t where ${tables}
      order by ${placeOrder} limit ${nearPlaces * limit}) t
    where ${hasColumn} order by ${placeOrder} limit ${limit}`.execute(em.getKysely());
  if (near.rows.length === limit) return near.rows;
  if (near.rows.length > 0) return selectTables(em, { ...query, columnNames });
  const found = await sql<TableRow>`
    with found as materialized (
      select ${columns} from catalog_table t where ${tables} and ${hasColumn})
    select ${columns} from found t order by ${placeOrder} limit ${limit}`.execute(em.getKysely());
  return found.rows;
}

/** How many tables there are, on all pages. */
export async function countTables(
  em: EntityManager,
  query: Omit<TableQuery, 'limit'>,
): Promise<number> {
  const counts = halvesOf(query).map(
    (half) => sql`(select count(*)::int from catalog_table t where ${half})`,
  );
  const { rows } = await sql<{ total: number }>`
    select ${sql.join(counts, sql` + `)} as total`.execute(em.getKysely());
  return rows[0]?.total ?? 0;
}

/**
 * Which versions to read. Those of a moment are the current ones that had begun, and former ones that
 * had not ended; each half has an index in the order of lists, and their pages are merged.
 */
function halvesOf(query: Omit<TableQuery, 'limit'>): RawBuilder<unknown>[] {
  const conditions = conditionsOf(query);
  if (query.asOf === undefined) return [sql`t.valid_to is null and ${conditions}`];
  const at = query.asOf.toISOString();
  return [
    sql`t.valid_to is null and t.valid_from <= ${at} and ${conditions}`,
    sql`t.valid_to > ${at} and t.valid_from <= ${at} and ${conditions}`,
  ];
}

function conditionsOf(query: Omit<TableQuery, 'limit'>): RawBuilder<unknown> {
  const { schema, kind, search, columnNames, after } = query;
  const conditions = [sql`t.data_source_id = ${query.dataSourceId}`];
  if (schema !== undefined) {
    // The first is what the index knows, the second what was asked.
    conditions.push(sql`left(t.schema_name, 400) collate "C" = left(${schema}::text, 400)`);
    conditions.push(sql`t.schema_name = ${schema}`);
  }
  if (kind !== undefined) conditions.push(sql`t.kind = ${kind}`);
  if (search !== undefined) conditions.push(sql`t.name ilike ${containing(search)}`);
  if (columnNames) conditions.push(sql`t.column_names && ${columnNames}::text[]`);
  conditions.push(isShown(query));
  if (after) conditions.push(isBehind(after));
  return sql.join(conditions, sql` and `);
}

/** A pattern of LIKE for texts that contain this one, whose own wildcards are letters. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
