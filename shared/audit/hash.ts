import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';

/** The fields of an event that its hash covers: all of them. */
export interface HashedEvent {
  readonly id: string;
  readonly organizationId: string;
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly action: string;
  readonly actorType: string;
  readonly actorId: string | null;
  readonly targetType: string;
  readonly targetId: string;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly details: string;
}

/** What the first event of a chain points to. */
export const genesisHash = Buffer.alloc(32);

/** SHA-256(previous hash || canonical JSON of the event): changing any event breaks all after it. */
export function hashEvent(previousHash: Uint8Array, event: HashedEvent): Buffer {
  const text = canonicalJson({ ...event, occurredAt: event.occurredAt.toISOString() });
  return createHash('sha256').update(previousHash).update(text).digest();
}
