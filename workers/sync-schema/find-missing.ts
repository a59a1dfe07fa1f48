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

/** The stored tables that were not read. Looks at all that are stored. */
export async function findMissing(
  { em, dataSourceId, selection }: Stored,
  read: ReadonlySet<string>,
): Promise<MissingTables> {
  const missing = { removed: [] as string[], deselected: [] as string[] };
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
