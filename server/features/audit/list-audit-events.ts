import { sql } from 'kysely';
import { z } from 'zod';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, readPage } from '../../paging/paging.ts';
import type { AuditEvent, ListAuditEvents } from './contract.ts';

/** The events of an organization that pass the filters, newest first: in the order of their chain. */
export async function listAuditEvents(
  ctx: Pick<CallerContext, 'em' | 'request'>,
  input: ListAuditEvents,
) {
  const { orgId, actor, action, target, from, to } = input;
  let query = selectEvents(ctx.em, orgId);
  if (actor !== undefined) query = query.where('actor_id', '=', actor);
  if (action !== undefined) query = query.where('action', '=', action);
  if (target !== undefined) query = query.where('target_id', '=', target);
  if (from !== undefined) query = query.where('occurred_at', '>=', new Date(from));
  if (to !== undefined) query = query.where('occurred_at', '<', new Date(to));
  return readPage(ctx, query, input, toAuditEvent, {
    by: sql`sequence desc`,
    // What is no event of the organization comes after all of them.
    after: (cursor) => sql`sequence < (
      select c.sequence from audit_event c where c.id = ${cursor} and c.organization_id = ${orgId})`,
  });
}

function selectEvents(em: EntityManager, organizationId: string) {
  return em
    .getKysely()
    .selectFrom('audit_event')
    .select([
      'id',
      'sequence',
      'occurred_at',
      'action',
      'actor_type',
      'actor_id',
      'target_type',
      'target_id',
      'request_id',
      'address',
      'user_agent',
      'details',
    ])
    .where('organization_id', '=', organizationId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectEvents>['execute']>>[number];

const Details = z.record(z.string(), z.unknown());

function toAuditEvent(row: Row): AuditEvent {
  const details = Details.parse(JSON.parse(row.details));
  const { reason } = details;
  return {
    id: row.id,
    sequence: Number(row.sequence),
    occurredAt: isoTime(row.occurred_at),
    action: row.action,
    actorType: row.actor_type,
    actorId: row.actor_id,
    targetType: row.target_type,
    targetId: row.target_id,
    requestId: row.request_id,
    address: row.address,
    userAgent: row.user_agent,
    reason: typeof reason === 'string' ? reason : null,
    details,
  };
}
