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

// Its rows wait in memory until they were looked at.
const pageRows = 10_000;

/** The stored tables that were not read. Looks at all that are stored. */
export async function findMissing(
  { em, dataSourceId, selection }: Stored,
  read: ReadonlySet<string>,
): Promise<MissingTables> {
  const missing = { removed: [] as string[], deselected: [] as string[] };
  const see = ({ table_id: id, schema_name: schema, name }: Row): void => {
    if (read.has(id)) return;
    missing[selection.has(schema, name) ? 'removed' : 'deselected'].push(id);
  };
  await em.transactional(async (tx) => {
    await sql`
      declare stored no scroll cursor for
      select table_id, schema_name, name from catalog_table
      where data_source_id = ${sql.lit(dataSourceId)} and valid_to is null`.execute(tx.getKysely());
    let page: readonly Row[];
    do {
      const fetch = sql<Row>`fetch ${sql.lit(pageRows)} from stored`;
      page = (await fetch.execute(tx.getKysely())).rows;
      for (const row of page) see(row);
    } while (page.length > 0);
  });
  return missing;
}

interface Row {
  readonly table_id: string;
  readonly schema_name: string;
  readonly name: string;
}
