import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { Schema } from './contract.ts';
import { toSchema, type SchemaRow } from './list-schemas.ts';

/** One schema of a data source, hidden or not, or NOT_FOUND. */
export async function readSchema(
  em: EntityManager,
  dataSourceId: string,
  id: string,
): Promise<Schema> {
  const { rows } = await sql<SchemaRow>`
    select s.id, s.name, n.description, n.custom_ai_context, n.is_hidden
    from catalog_schema s left join catalog_note n on n.id = s.id
    where s.id = ${id} and s.data_source_id = ${dataSourceId}`.execute(em.getKysely());
  const [row] = rows;
  if (!row) throw notFound('Schema');
  return toSchema(row);
}
