import { setTimeout as delay } from 'node:timers/promises';
import type { Listener } from '../../shared/db/listener.ts';
import type { Orm } from '../../shared/db/orm.ts';
import { giveBack, takeLease } from './lease.ts';
import type { Limit } from './limiter.ts';

/** Where a caller stands after a request. */
export interface Allowance {
  /** As far as this process knows: others may be letting requests through right now. */
  readonly remaining: number;
  readonly resetsInMs: number;
  readonly isAllowed: boolean;
}

/**
 * Quotas of requests: never more than the limit in a window, whatever the number of processes, and
 * no write per request. Processes take portions from PostgreSQL and spend them in memory. What a
 * process holds and does not use comes back when another one finds the quota used up; until then,
 * for a second at most, a caller may be refused a little early, never let through late.
 */
export interface Quotas {
  take(limit: Limit, subject: string): Promise<Allowance>;
  /** Gives back all that is held. */
  close(): Promise<void>;
}

interface Lease {
  tokens: number;
  /** What PostgreSQL had given to all when it was asked last. */
  count: number;
  window: string;
  /** Of this process's monotonic clock. Never later than the end of the window in the database. */
  endsAtMs: number;
  /** While nothing is left: when it is worth asking again whether somebody gave something back. */
  asksAgainAtMs: number;
  /** Others have run out: from now on one at a time. */
  isScarce: boolean;
}

const asksAgainAfterMs = 1_000;
// A NOTIFY and an UPDATE: some milliseconds, on a busy machine some more.
const givingBackMs = 200;
const maxLeases = 20_000;

export function createQuotas(orm: Orm, listener: Listener): Quotas {
  const leases = new Map<string, Lease>();
  const asking = new Map<string, Promise<void>>();

  const ask = async (key: string, limit: Limit): Promise<void> => {
    const before = leases.get(key);
    const wasScarce = before !== undefined && before.isScarce && isCurrent(before);
    // From before the question: the window then never seems to last longer than it does.
    let sentAtMs = performance.now();
    let grant = await takeLease(orm, key, limit, wasScarce ? 'one' : 'portion');
    if (grant.granted === 0 && !wasScarce) {
      // The others have just been asked for what they hold.
      await delay(givingBackMs);
      sentAtMs = performance.now();
      grant = await takeLease(orm, key, limit, 'one');
    }
    const { granted, count, window, endsInMs } = grant;
    if (leases.size >= maxLeases) forgetSome(leases);
    leases.set(key, {
      tokens: granted,
      count,
      window,
      endsAtMs: sentAtMs + endsInMs,
      asksAgainAtMs: granted === 0 ? performance.now() + asksAgainAfterMs : 0,
      isScarce: granted === 0 || (before?.window === window && before.isScarce),
    });
  };

  // Requests that come together ask together.
  const askOnce = (key: string, limit: Limit): Promise<void> => {
    const current = asking.get(key);
    if (current) return current;
    const question = ask(key, limit).finally(() => asking.delete(key));
    asking.set(key, question);
    return question;
  };

  const release = async (key: string): Promise<void> => {
    const lease = leases.get(key);
    if (!lease || !isCurrent(lease)) return;
    const { tokens, window } = lease;
    lease.isScarce = true;
    lease.tokens = 0;
    // What cannot be given back is lost until the window ends: too few, not too many.
    if (tokens > 0) await giveBack(orm, key, window, tokens).catch(() => undefined);
  };
  listener.on('basekeep_quota', (key) => void release(key));

  return {
    async take(limit, subject) {
      const key = `${limit.name}:${subject}`;
      for (;;) {
        const nowMs = performance.now();
        const lease = leases.get(key);
        if (lease && isCurrent(lease, nowMs)) {
          const isAllowed = lease.tokens > 0;
          if (isAllowed) lease.tokens -= 1;
          if (isAllowed || nowMs < lease.asksAgainAtMs) {
            const remaining = Math.max(0, limit.limit - lease.count + lease.tokens);
            return { remaining, resetsInMs: lease.endsAtMs - nowMs, isAllowed };
          }
        }
        await askOnce(key, limit);
      }
    },
    async close() {
      await Promise.all([...leases.keys()].map(release));
    },
  };
}

const isCurrent = ({ endsAtMs }: Lease, nowMs = performance.now()): boolean => nowMs < endsAtMs;

/** Leases whose window is over, or else the oldest half: whoever is forgotten asks anew. */
function forgetSome(leases: Map<string, Lease>): void {
  for (const [key, lease] of leases) if (!isCurrent(lease)) leases.delete(key);
  if (leases.size < maxLeases) return;
  for (const key of [...leases.keys()].slice(0, maxLeases / 2)) leases.delete(key);
}
