import { sql } from 'kysely';
import { z } from 'zod';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, toPage } from '../../paging.ts';
import type { AuditEvent, ListAuditEvents } from './contract.ts';

/** The events of an organization that pass the filters, newest first: in the order of their chain. */
export async function listAuditEvents(
  { em }: Pick<CallerContext, 'em'>,
  { orgId, limit, cursor, actor, action, target, from, to }: ListAuditEvents,
) {
  let query = selectEvents(em, orgId)
    .orderBy('sequence', 'desc')
    .limit(limit + 1);
  if (actor !== undefined) query = query.where('actor_id', '=', actor);
  if (action !== undefined) query = query.where('action', '=', action);
  if (target !== undefined) query = query.where('target_id', '=', target);
  if (from !== undefined) query = query.where('occurred_at', '>=', new Date(from));
  if (to !== undefined) query = query.where('occurred_at', '<', new Date(to));
  if (cursor !== undefined) {
    // Of nothing, or of another organization: comes after everything.
    query = query.where(
      sql<boolean>`sequence < (
        select c.sequence from audit_event c where c.id = ${cursor} and c.organization_id = ${orgId})`,
    );
  }
  return toPage(await query.execute(), limit, toAuditEvent);
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
