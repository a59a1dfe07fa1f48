import { notFound } from '../../../../shared/errors.ts';
import type { CallerContext } from '../../../context.ts';
import type { CatalogSettings } from '../contract.ts';

export async function getSettings(
  { em }: Pick<CallerContext, 'em'>,
  { orgId }: { orgId: string },
): Promise<CatalogSettings> {
  const row = await em
    .getKysely()
    .selectFrom('organization')
    .select('catalog_history_days')
    .where('id', '=', orgId)
    .executeTakeFirst();
  if (!row) throw notFound('Organization');
  return { historyDays: row.catalog_history_days };
}
