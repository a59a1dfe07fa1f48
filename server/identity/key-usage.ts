import { sql } from 'kysely';
import { nowMs, type Clock } from '../../shared/clock.ts';
import type { Orm } from '../../shared/db/orm.ts';
import type { Logger } from '../../shared/logger.ts';

/** Counts what keys are used for: in memory, written together every few seconds. */
export interface KeyUsage {
  count(keyId: string, route: string): void;
  /** Writes what was counted so far. Rejects when it could not; it is then counted on. */
  flush(): Promise<void>;
  /** Writes the rest. Nothing may be counted afterwards. */
  close(): Promise<void>;
}

interface Use {
  readonly keyId: string;
  readonly route: string;
  readonly day: string;
  count: number;
  lastMs: number;
}

const intervalMs = 5_000;

export function createKeyUsage(orm: Orm, clock: Clock, log: Logger): KeyUsage {
  let uses = new Map<string, Use>();
  let flushing: Promise<void> = Promise.resolve();

  const add = (use: Use): void => {
    const name = `${use.keyId} ${use.day} ${use.route}`;
    const known = uses.get(name);
    if (!known) return void uses.set(name, use);
    known.count += use.count;
    known.lastMs = Math.max(known.lastMs, use.lastMs);
  };

  const flushOnce = async (): Promise<void> => {
    if (uses.size === 0) return;
    const taken = [...uses.values()];
    uses = new Map();
    try {
      await write(orm, taken);
    } catch (error) {
      taken.forEach(add);
      throw error;
    }
  };
  // One after the other: whoever waits for a flush has waited for those before it.
  const flush = (): Promise<void> => {
    flushing = flushing.catch(() => undefined).then(flushOnce);
    return flushing;
  };
  const flushOrWarn = () =>
    flush().catch((error: unknown) => log.warn({ err: error }, 'usage of keys not written yet'));
  const timer = setInterval(() => void flushOrWarn(), intervalMs).unref();

  return {
    count(keyId, route) {
      const lastMs = nowMs(clock);
      add({ keyId, route, day: new Date(lastMs).toISOString().slice(0, 10), count: 1, lastMs });
    },
    flush,
    async close() {
      clearInterval(timer);
      await flushOrWarn();
    },
  };
}

/** Keys in one order, so that two processes never wait for each other; deleted ones are left out. */
async function write(orm: Orm, uses: readonly Use[]): Promise<void> {
  const sorted = uses.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
  await sql`
    with used as materialized (
      select * from unnest(${sorted.map(({ keyId }) => keyId)}::text[],
        ${sorted.map(({ day }) => day)}::date[], ${sorted.map(({ route }) => route)}::text[],
        ${sorted.map(({ count }) => count)}::bigint[], ${sorted.map(({ lastMs }) => lastMs)}::bigint[]
      ) as u (key_id, day, route, count, last_ms)),
    known as materialized (
      select id from api_key where id in (select key_id from used) order by id for no key update),
    counted as (
      insert into api_key_usage as a (api_key_id, day, route, count)
      select u.key_id, u.day, u.route, u.count from used u join known k on k.id = u.key_id
      order by u.key_id, u.day, u.route
      on conflict (api_key_id, day, route) do update set count = a.count + excluded.count)
    update api_key k set last_used_at = greatest(k.last_used_at, to_timestamp(l.last_ms / 1000.0))
    from (select key_id, max(last_ms) as last_ms from used group by key_id) l, known
    where k.id = l.key_id and known.id = k.id`.execute(orm.em.getKysely());
}
