import { sql } from 'kysely';
import { recordAudit } from '../../../../shared/audit/record.ts';
import type { CallerContext } from '../../../context.ts';
import type { CatalogSettings, UpdateCatalogSettings } from '../contract.ts';
import { getSettings } from './get-settings.ts';

/** Changes how an organization keeps its catalogs. What is too old by the new rule goes soon. */
export async function updateSettings(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'>,
  { orgId, historyDays }: UpdateCatalogSettings,
): Promise<CatalogSettings> {
  return ctx.em.transactional(async (em) => {
    if (historyDays !== undefined) {
      await sql`
        update organization set catalog_history_days = ${historyDays}, updated_at = now()
        where id = ${orgId}`.execute(em.getKysely());
      await sql`
        update catalog_history h set due_at = now() from data_source d
        where d.id = h.data_source_id and d.organization_id = ${orgId}
          and h.due_at is not null`.execute(em.getKysely());
    }
    const fields = historyDays === undefined ? [] : ['historyDays'];
    await recordAudit(
      em,
      ctx.origin,
      {
        organizationId: orgId,
        action: 'catalog.settings_updated',
        targetId: orgId,
        details: { fields },
      },
      ctx.clock.now(),
    );
    return getSettings({ em }, { orgId });
  });
}
