import { z } from 'zod';
import type { HashedEvent } from '../../../shared/audit/hash.ts';
import { canonicalJson } from '../../../shared/canonical-json.ts';

/** An event with what ties it to the one before. */
export interface ChainLink extends HashedEvent {
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

/** Where a chain ends: without it, events missing from the end would not show. */
export interface ChainHead {
  readonly organizationId: string;
  readonly sequence: number;
  readonly hash: Buffer;
}

/*
 * An export is JSON lines: first the head of the chain, then its events, oldest first. Every line is
 * canonical JSON (RFC 8785) and ends with a line feed. The hash of an event is SHA-256(previousHash ||
 * canonical JSON of the line without `hash` and `previousHash`), hashes in lower-case hex; the first
 * event's previousHash is 32 zero bytes.
 */
const format = 'basekeep-audit-1';

const Hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((hex) => Buffer.from(hex, 'hex'));

const Head = z.strictObject({
  format: z.literal(format),
  organizationId: z.string(),
  sequence: z.int().min(0),
  hash: Hash,
});

const Link = z.strictObject({
  id: z.string(),
  organizationId: z.string(),
  sequence: z.int().min(1),
  occurredAt: z.iso.datetime().transform((text) => new Date(text)),
  action: z.string(),
  actorType: z.string(),
  actorId: z.string().nullable(),
  targetType: z.string(),
  targetId: z.string(),
  requestId: z.string().nullable(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  details: z.string(),
  previousHash: Hash,
  hash: Hash,
});

export function writeHead({ organizationId, sequence, hash }: ChainHead): string {
  return canonicalJson({ format, organizationId, sequence, hash: hash.toString('hex') });
}

export function writeLink(link: ChainLink): string {
  return canonicalJson({
    ...link,
    occurredAt: link.occurredAt.toISOString(),
    previousHash: link.previousHash.toString('hex'),
    hash: link.hash.toString('hex'),
  });
}

/** Null for a line that is not, to the last character, as `writeHead` writes it. */
export function readHead(line: string): ChainHead | null {
  const { data } = Head.safeParse(parse(line));
  return data && writeHead(data) === line ? data : null;
}

/** Null for a line that is not, to the last character, as `writeLink` writes it. */
export function readLink(line: string): ChainLink | null {
  const { data } = Link.safeParse(parse(line));
  return data && writeLink(data) === line ? data : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
