import { sql, type RawBuilder } from 'kysely';
import { invalidField } from '../errors.ts';
import type { EntityManager } from '../db/orm.ts';

/** A table's place in the order of lists. */
export interface Place {
  readonly dataSourceId: string;
  readonly schema: string;
  /** Null: behind every table of the schema. */
  readonly table: { readonly name: string; readonly id: string } | null;
}

/**
 * What lists are ordered by, in the words of the indexes that hold this order. A B-tree entry has a
 * limit and names have none, so it is their first 400 characters, byte by byte; ids break ties.
 */
export const placeOrder = sql`
  left(t.schema_name, 400) collate "C", left(t.name, 400) collate "C", t.table_id`;

/** How much of a name counts in the order. */
export const orderedCharacters = 400;

/** True for the tables `t` behind a place. */
export function isBehind({ schema, table }: Place): RawBuilder<boolean> {
  if (table === null) return sql`left(t.schema_name, 400) collate "C" > left(${schema}::text, 400)`;
  return sql`(${placeOrder}) > (
    left(${schema}::text, 400), left(${table.name}::text, 400), ${table.id}::text)`;
}

/**
 * Where the table `cursor` stands, or stood: one that was dropped since still marks its place.
 * Throws VALIDATION for what is no table of these data sources: an empty page would be a lie.
 */
export async function placeOf(
  em: EntityManager,
  dataSources: RawBuilder<unknown>,
  cursor: string,
): Promise<Place> {
  const { rows } = await sql<{ data_source_id: string; schema_name: string; name: string }>`
    select data_source_id, schema_name, name from catalog_table
    where table_id = ${cursor} and data_source_id in (${dataSources})
    limit 1`.execute(em.getKysely());
  const [row] = rows;
  if (!row) throw invalidField('cursor', 'Not the id of a table in this list');
  return {
    dataSourceId: row.data_source_id,
    schema: row.schema_name,
    table: { name: row.name, id: cursor },
  };
}
