import { sql } from 'kysely';
import type { EntityManager } from '../db/orm.ts';

/** The names of a data source's hidden schemas, which lists jump over. */
export async function readHiddenSchemas(
  em: EntityManager,
  dataSourceId: string,
): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    select name from catalog_note
    where data_source_id = ${dataSourceId} and kind = 'schema' and is_hidden`.execute(
    em.getKysely(),
  );
  return new Set(rows.map(({ name }) => name));
}
