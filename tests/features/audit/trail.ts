import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { TestDatabase } from '../../support/database.ts';

/** A row of the audit trail. */
export interface Event {
  id: string;
  organization_id: string;
  sequence: string;
  occurred_at: Date;
  action: string;
  actor_type: string;
  actor_id: string | null;
  target_type: string;
  target_id: string;
  request_id: string | null;
  address: string | null;
  user_agent: string | null;
  details: string;
  previous_hash: Buffer;
  hash: Buffer;
}

/** An organization's events, oldest first. */
export async function trailOf({ pool }: TestDatabase, orgId: string): Promise<Event[]> {
  const { rows } = await pool.query<Event>(
    'select * from audit_event where organization_id = $1 order by sequence',
    [orgId],
  );
  return rows;
}

/** The hash of an event, written down a second time: not the product's own code. */
export function hashOf(event: Event): Buffer {
  const members: Record<string, unknown> = {
    action: event.action,
    actorId: event.actor_id,
    actorType: event.actor_type,
    address: event.address,
    details: event.details,
    id: event.id,
    occurredAt: event.occurred_at.toISOString(),
    organizationId: event.organization_id,
    requestId: event.request_id,
    sequence: Number(event.sequence),
    targetId: event.target_id,
    targetType: event.target_type,
    userAgent: event.user_agent,
  };
  // The members above stand in alphabetical order, as the canonical form has them.
  return createHash('sha256').update(event.previous_hash).update(JSON.stringify(members)).digest();
}

/** Throws at the first event that is missing, changed or out of place. */
export async function expectUnbroken(database: TestDatabase, orgId: string): Promise<Event[]> {
  const trail = await trailOf(database, orgId);
  let previous: Buffer = Buffer.alloc(32);
  for (const [index, event] of trail.entries()) {
    expect(Number(event.sequence)).toBe(index + 1);
    expect(event.previous_hash).toEqual(previous);
    expect(event.hash).toEqual(hashOf(event));
    previous = event.hash;
  }
  const { rows } = await database.pool.query<{ sequence: string; hash: Buffer }>(
    'select sequence, hash from audit_head where organization_id = $1',
    [orgId],
  );
  expect(rows).toEqual([{ sequence: String(trail.length), hash: previous }]);
  return trail;
}
