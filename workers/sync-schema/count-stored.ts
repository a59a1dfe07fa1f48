import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';

/** How many tables the catalog of a data source has. */
export async function countStored(em: EntityManager, dataSourceId: string): Promise<number> {
  const { rows } = await sql<{ tables: string }>`
    select count(*) as tables from catalog_table
    where data_source_id = ${dataSourceId} and valid_to is null`.execute(em.getKysely());
  return Number(rows[0]?.tables);
}
