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
  return createHash('sha256').update(previousHash).update(canonicalText(event)).digest();
}

/**
 * The bytes of an event's canonical JSON before and after its sequence, which is for the end of the chain
 * to say. `"sequence":` is nowhere else in them: a quote inside of a text is escaped.
 */
export function textAround(event: Omit<HashedEvent, 'sequence'>): [before: Buffer, after: Buffer] {
  const member = '"sequence":';
  const text = canonicalText({ ...event, sequence: 0 });
  const at = text.indexOf(`${member}0`) + member.length;
  return [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at + 1))];
}

const canonicalText = (event: HashedEvent): string =>
  canonicalJson({ ...event, occurredAt: event.occurredAt.toISOString() });
