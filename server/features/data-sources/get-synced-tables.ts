import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { DataSourceRef, SyncedTables } from './contract.ts';

/** Which tables of a data source are synced. */
export async function getSyncedTables(
  { em }: Pick<CallerContext, 'em'>,
  { orgId, id }: DataSourceRef,
): Promise<SyncedTables> {
  const row = await em
    .getKysely()
    .selectFrom('data_source')
    .select('table_patterns')
    .where('organization_id', '=', orgId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw notFound('Data source');
  return { tablePatterns: [...row.table_patterns] };
}
