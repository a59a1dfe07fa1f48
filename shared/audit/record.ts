import { sql } from 'kysely';
import { canonicalJson } from '../canonical-json.ts';
import type { EntityManager } from '../db/orm.ts';
import { newId } from '../ids.ts';
import { auditActions, type AuditAction, type Origin } from './events.ts';
import { genesisHash, hashEvent } from './hash.ts';

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
  const db = em.getKysely();
  const head = await lockHead(em, act.organizationId);
  const event = {
    id: newId('auditEvent'),
    organizationId: act.organizationId,
    sequence: head.sequence + 1,
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
  const hash = hashEvent(head.hash, event);
  await sql`
    with event as (
      insert into audit_event (id, organization_id, sequence, occurred_at, action, actor_type,
        actor_id, target_type, target_id, request_id, address, user_agent, details, previous_hash, hash)
      values (${event.id}, ${event.organizationId}, ${event.sequence}, ${event.occurredAt.toISOString()},
        ${event.action}, ${event.actorType}, ${event.actorId}, ${event.targetType}, ${event.targetId},
        ${event.requestId}, ${event.address}, ${event.userAgent}, ${event.details}, ${head.hash}, ${hash}))
    update audit_head set sequence = ${event.sequence}, hash = ${hash}
    where organization_id = ${event.organizationId}`.execute(db);
}

interface Head {
  readonly sequence: string;
  readonly hash: Buffer;
}

async function lockHead(em: EntityManager, organizationId: string) {
  const db = em.getKysely();
  const found = await sql<Head>`
    select sequence, hash from audit_head where organization_id = ${organizationId} for update`.execute(
    db,
  );
  // The first event of an organization; of two at once, the second waits for the first.
  const { rows } =
    found.rows.length > 0
      ? found
      : await sql<Head>`
    insert into audit_head (organization_id, sequence, hash) values (${organizationId}, 0, ${genesisHash})
    on conflict (organization_id) do update set sequence = audit_head.sequence
    returning sequence, hash`.execute(db);
  const [head] = rows;
  if (!head) throw new Error('audit head was neither found nor made');
  return { sequence: Number(head.sequence), hash: head.hash };
}
