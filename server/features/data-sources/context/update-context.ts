import { sql } from 'kysely';
import { recordAudit } from '../../../../shared/audit/record.ts';
import type { CallerContext } from '../../../context.ts';
import { assertUnchanged, type Conditional } from '../../../middleware/entity-tag.ts';
import type { DataSourceContext, UpdateDataSourceContext } from './contract.ts';
import { getContext } from './get-context.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'> & Conditional;

/** Changes what an AI is told about a data source; null takes it away. */
export async function updateContext(
  ctx: Needs,
  input: UpdateDataSourceContext,
): Promise<DataSourceContext> {
  const { orgId: organizationId, id, customAiContext } = input;
  return ctx.em.transactional(async (em) => {
    const db = em.getKysely();
    await sql`select from data_source where id = ${id} for no key update`.execute(db);
    await assertUnchanged(ctx, () => getContext(em, input));
    if (customAiContext !== undefined) {
      await sql`
        update data_source set custom_ai_context = ${customAiContext}, updated_at = now()
        where id = ${id} and organization_id = ${organizationId} and deleted_at is null`.execute(
        db,
      );
      const act = { organizationId, action: 'data_source.updated', targetId: id } as const;
      const details = { fields: ['customAiContext'] };
      await recordAudit(em, ctx.origin, { ...act, details }, ctx.clock.now());
    }
    return getContext(em, input);
  });
}
