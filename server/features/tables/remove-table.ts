import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { ManagedTableRef } from './contract.ts';

/** Takes a table out of a group; the data source keeps it. Answers whether it was there. */
export function removeTable(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'>,
  { orgId: organizationId, id: groupId, tableId }: ManagedTableRef,
) {
  return ctx.em.transactional(async (em) => {
    const { rows } = await sql`
      select from member_group where id = ${groupId} and organization_id = ${organizationId}
      for key share`.execute(em.getKysely());
    if (rows.length === 0) throw notFound('Group');
    const { numAffectedRows = 0n } = await sql`
      delete from managed_table where group_id = ${groupId} and table_id = ${tableId}`.execute(
      em.getKysely(),
    );
    const removed = numAffectedRows > 0n;
    if (removed) {
      const action = 'managed_table.removed';
      const act = { organizationId, action, targetId: tableId, details: { groupId } } as const;
      await recordAudit(em, ctx.origin, act, ctx.clock.now());
    }
    return { groupId, tableId, removed };
  });
}
