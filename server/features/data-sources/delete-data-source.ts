import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import { DataSource } from '../../../shared/db/entities/data-source.entity.ts';
import { SecretEnvelope } from '../../../shared/db/entities/secret-envelope.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import type { DataSourceRef } from './contract.ts';
import { readDataSource } from './read-data-source.ts';

type Needs = Pick<CallerContext, 'em' | 'jobs' | 'clock' | 'origin'> & Conditional;

/** The data source is gone at once, its secrets with it; a job removes catalog and history. */
export async function deleteDataSource(ctx: Needs, { orgId, id }: DataSourceRef) {
  return ctx.em.transactional(async (em) => {
    const row = await em.findOne(
      DataSource,
      { id, organizationId: orgId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!row) throw notFound('Data source');
    await assertUnchanged(ctx, () => readDataSource(em, { orgId, id }));
    row.deletedAt = ctx.clock.now();
    await em.flush();
    await em.nativeDelete(SecretEnvelope, { ownerId: id, organizationId: orgId });
    await ctx.jobs.send(
      em,
      'delete-data-source',
      { dataSourceId: id },
      { organizationId: orgId, key: id },
    );
    const act = { organizationId: orgId, action: 'data_source.deleted', targetId: id } as const;
    await recordAudit(em, ctx.origin, act, ctx.clock.now());
    return { id, deleted: true as const };
  });
}
