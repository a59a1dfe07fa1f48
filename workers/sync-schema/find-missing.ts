import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';

/**
 * The stored tables that were not read. `known` is how many of those that were read are stored: when
 * that is all of them, which is the rule, their ids need not be looked at.
 */
export async function findMissing(
  { em, dataSourceId }: { em: EntityManager; dataSourceId: string },
  read: ReadonlySet<string>,
  known: number,
): Promise<string[]> {
  if ((await countStored(em, dataSourceId)) === known) return [];
  const missing: string[] = [];
  const stored = em
    .getKysely()
    .selectFrom('catalog_table')
    .select('table_id')
    .where('data_source_id', '=', dataSourceId)
    .where('valid_to', 'is', null)
    .stream(10_000);
  for await (const { table_id: id } of stored) if (!read.has(id)) missing.push(id);
  return missing;
}

async function countStored(em: EntityManager, dataSourceId: string): Promise<number> {
  const { rows } = await sql<{ tables: string }>`
    select count(*) as tables from catalog_table
    where data_source_id = ${dataSourceId} and valid_to is null`.execute(em.getKysely());
  return Number(rows[0]?.tables);
}
