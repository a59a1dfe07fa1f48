import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Selection } from '../selection.ts';

/** Ids of stored tables that were not read. */
export interface MissingTables {
  /** They are there no more. */
  readonly removed: readonly string[];
  /** Nobody looked: the patterns of the data source leave them out. */
  readonly deselected: readonly string[];
}

interface Stored {
  readonly em: EntityManager;
  readonly dataSourceId: string;
  readonly selection: Selection;
}

/**
 * The stored tables that were not read. `known` is how many of those that were read are stored: when
 * that is all of them, which is the rule, their ids need not be looked at.
 */
export async function findMissing(
  { em, dataSourceId, selection }: Stored,
  read: ReadonlySet<string>,
  known: number,
): Promise<MissingTables> {
  const missing = { removed: [] as string[], deselected: [] as string[] };
  if ((await countStored(em, dataSourceId)) === known) return missing;
  const stored = em
    .getKysely()
    .selectFrom('catalog_table')
    .select(['table_id', 'schema_name', 'name'])
    .where('data_source_id', '=', dataSourceId)
    .where('valid_to', 'is', null)
    .stream(10_000);
  for await (const { table_id: id, schema_name: schema, name } of stored) {
    if (read.has(id)) continue;
    missing[selection.has(schema, name) ? 'removed' : 'deselected'].push(id);
  }
  return missing;
}

async function countStored(em: EntityManager, dataSourceId: string): Promise<number> {
  const { rows } = await sql<{ tables: string }>`
    select count(*) as tables from catalog_table
    where data_source_id = ${dataSourceId} and valid_to is null`.execute(em.getKysely());
  return Number(rows[0]?.tables);
}
