import { sql } from 'kysely';
import { canonicalJson } from '../canonical-json.ts';
import type { EntityManager } from '../db/orm.ts';
import { newId } from '../ids.ts';
import { auditActions, type AuditAction, type Origin } from './events.ts';
import { genesisHash, type HashedEvent, textAround } from './hash.ts';

interface Act {
  readonly organizationId: string;
  readonly action: AuditAction;
  readonly targetId: string;
  /** Facts worth keeping, never a secret: names of changed fields, not their values. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Appends an event to its organization's chain, inside the caller's transaction. Call it last: it
 * locks the end of the chain until the commit. The entities it belongs to must have been flushed.
 * It also shares the organization's row: whoever locks that row takes NO KEY UPDATE, never FOR UPDATE.
 */
export async function recordAudit(
  em: EntityManager,
  origin: Origin,
  act: Act,
  occurredAt: Date,
): Promise<void> {
  const event = {
    id: newId('auditEvent'),
    organizationId: act.organizationId,
    occurredAt,
    action: act.action,
    actorType: origin.actor.type,
    actorId: origin.actor.id,
    targetType: auditActions[act.action],
    targetId: act.targetId,
    requestId: origin.requestId,
    address: origin.address,
    userAgent: origin.userAgent,
    details: canonicalJson(act.details ?? {}),
  };
  if (await append(em, event)) return;
  // The first event of an organization; of two at once, the second waits for the first.
  await sql`
    insert into audit_head (organization_id, sequence, hash)
    values (${act.organizationId}, 0, ${genesisHash}) on conflict do nothing`.execute(
    em.getKysely(),
  );
  if (!(await append(em, event))) throw new Error('the chain of audit events has no end');
}

/**
 * Locks the end of the chain and writes what comes after it, in one statement: the hash is that of
 * `hashEvent`. False, with nothing written, when there is no chain yet.
 */
async function append(em: EntityManager, event: Omit<HashedEvent, 'sequence'>): Promise<boolean> {
  const [before, after] = textAround(event);
  const { rows } = await sql`
    with head as (
      select sequence + 1 as next, hash from audit_head
      where organization_id = ${event.organizationId} for update),
    event as (
      insert into audit_event (id, organization_id, sequence, occurred_at, action, actor_type,
        actor_id, target_type, target_id, request_id, address, user_agent, details, previous_hash, hash)
      select ${event.id}, ${event.organizationId}, next, ${event.occurredAt.toISOString()}::timestamptz,
        ${event.action}, ${event.actorType}, ${event.actorId}, ${event.targetType}, ${event.targetId},
        ${event.requestId}, ${event.address}, ${event.userAgent}, ${event.details}, hash,
        sha256(hash || ${before}::bytea || convert_to(next::text, 'UTF8') || ${after}::bytea)
      from head
      returning sequence, hash)
    update audit_head h set sequence = event.sequence, hash = event.hash
    from event where h.organization_id = ${event.organizationId}
    returning h.organization_id`.execute(em.getKysely());
  return rows.length === 1;
}
