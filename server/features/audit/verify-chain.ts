import { genesisHash, hashEvent } from '../../../shared/audit/hash.ts';
import type { ChainHead, ChainLink } from './chain-line.ts';

/**
 * - `changed`: the event is not the one that was recorded, or the one before it is not.
 * - `missing`: events that were recorded are not there.
 * - `inserted`: there is an event that was never recorded, or one twice.
 * - `reordered`: the event is there, at another place.
 * - `truncated`: the end of the chain is not there.
 */
export type Problem = 'changed' | 'missing' | 'inserted' | 'reordered' | 'truncated';

/** The first link that does not hold. */
export interface Break {
  readonly organizationId: string;
  /** The place in the chain at which it shows, from 1; 0 is the head. */
  readonly position: number;
  /** Of the event that stands there, if one does and can be read. */
  readonly eventId: string | null;
  readonly problem: Problem;
}

/** Null stands for an event that cannot be read. */
type Links = AsyncIterable<ChainLink | null>;

/** Follows a chain from its first event to its head, with one event in memory at a time. */
export async function verifyChain(head: ChainHead, links: Links): Promise<Break | null> {
  const { organizationId } = head;
  let previousHash: Buffer = genesisHash;
  let position = 0;
  let broken: Break | null = null;
  for await (const link of links) {
    if (broken) {
      // All that is left to find out: whether what seems to be missing comes later.
      if (link?.sequence !== broken.position) continue;
      return { ...broken, problem: 'reordered' };
    }
    position += 1;
    const problem = problemOf(link, { head, position, previousHash });
    if (problem) broken = { organizationId, position, eventId: link?.id ?? null, problem };
    if (problem && problem !== 'missing') return broken;
    previousHash = link?.hash ?? previousHash;
  }
  if (broken) return broken;
  if (position < head.sequence) {
    return { organizationId, position: position + 1, eventId: null, problem: 'truncated' };
  }
  if (previousHash.equals(head.hash)) return null;
  return { organizationId, position, eventId: null, problem: 'changed' };
}

interface Place {
  readonly head: ChainHead;
  readonly position: number;
  readonly previousHash: Buffer;
}

function problemOf(
  link: ChainLink | null,
  { head, position, previousHash }: Place,
): Problem | null {
  if (!link) return 'changed';
  const { hash, previousHash: claimed, ...event } = link;
  if (!hash.equals(hashEvent(claimed, event))) return 'changed';
  if (link.organizationId !== head.organizationId || position > head.sequence) return 'inserted';
  if (link.sequence > position) return 'missing';
  if (link.sequence < position) return 'inserted';
  return claimed.equals(previousHash) ? null : 'changed';
}
