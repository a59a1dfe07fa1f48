import { sql } from 'kysely';
import type { EntityManager } from '../../../../shared/db/orm.ts';
import { notFound } from '../../../../shared/errors.ts';
import type { DataSourceRef } from '../contract.ts';
import type { DataSourceContext } from './contract.ts';

/** What an AI is told about a data source. Inside a transaction it shows what that wrote. */
export async function getContext(
  em: EntityManager,
  { orgId, id }: DataSourceRef,
): Promise<DataSourceContext> {
  const { rows } = await sql<DataSourceContext>`
    select custom_ai_context as "customAiContext" from data_source
    where id = ${id} and organization_id = ${orgId} and deleted_at is null`.execute(em.getKysely());
  const [row] = rows;
  if (!row) throw notFound('Data source');
  return row;
}
