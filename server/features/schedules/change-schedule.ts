import { LockMode } from '@mikro-orm/core';
import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { DataSource } from '../../../shared/db/entities/data-source.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { Schedule, ScheduleRef } from './contract.ts';
import { getSchedule } from './get-schedule.ts';

export type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'jobs'>;

/** An act worth recording, or null where nothing changes. */
interface Act {
  readonly action: AuditAction;
  readonly details?: Readonly<Record<string, unknown>>;
}

type Row = NonNullable<Awaited<ReturnType<typeof lock>>>;

/** Changes a data source whose row is locked, records what was done and answers how it stands. */
export async function changeSchedule(
  ctx: Needs,
  { orgId, id }: ScheduleRef,
  change: (row: Row, em: EntityManager) => Promise<Act | null>,
): Promise<Schedule> {
  return ctx.em.transactional(async (em) => {
    const row = await lock(em, orgId, id);
    if (!row) throw notFound('Data source');
    const act = await change(row, em);
    await em.flush();
    if (act) {
      const place = { organizationId: orgId, targetId: id };
      await recordAudit(em, ctx.origin, { ...place, ...act }, ctx.clock.now());
    }
    return getSchedule({ em }, { orgId, id });
  });
}

function lock(em: EntityManager, organizationId: string, id: string) {
  return em.findOne(DataSource, { id, organizationId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}
