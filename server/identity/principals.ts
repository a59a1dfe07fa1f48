import { timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { nowMs } from '../../shared/clock.ts';
import type { Listener } from '../../shared/db/listener.ts';
import type { Orm } from '../../shared/db/orm.ts';
import type { Role } from '../../shared/roles.ts';
import { hashBearerKey, isBearerKey } from './bearer-key.ts';

/** Who calls: a user, through one of its keys, with all of its memberships. */
export interface Principal {
  readonly apiKeyId: string;
  readonly userId: string;
  readonly roles: ReadonlyMap<string, Role>;
  /** Milliseconds since the epoch; Infinity for a key without expiry. */
  readonly expiresAtMs: number;
}

/**
 * Resolves bearer keys, remembering the good ones for seconds. A revocation reaches every process by
 * NOTIFY when its transaction commits; while notifications do not arrive, nothing is remembered.
 */
export interface Principals {
  /** Null for anything that is not the key of an active, unexpired key of ours. */
  find(bearerKey: string): Promise<Principal | null>;
  /** The same from the database, past the cache: a denial is never served from memory. */
  refresh(bearerKey: string): Promise<Principal | null>;
  /** Forgets a key at once, where waiting for the notification would leave it good for a moment. */
  forgetKey(apiKeyId: string): void;
}

interface Row {
  id: string;
  user_id: string;
  hash: Buffer;
  expires_at_ms: string | null;
  roles: Record<string, Role>;
}

const timeToLiveMs = 30_000;
const maxEntries = 10_000;

export function createPrincipals(orm: Orm, listener: Listener): Principals {
  const cache = new Map<string, { principal: Principal; until: number }>();
  // Counts what was forgotten. A row read before an invalidation must not be stored after it.
  let generation = 0;

  const forget = (isGone: (principal: Principal) => boolean): void => {
    generation += 1;
    for (const [hash, { principal }] of cache) if (isGone(principal)) cache.delete(hash);
  };
  listener.onGap(() => forget(() => true));
  listener.on('basekeep_principal', (payload) =>
    forget((p) => payload === `user:${p.userId}` || payload === `key:${p.apiKeyId}`),
  );

  const load = async (hash: Buffer): Promise<Principal | null> => {
    const startedAt = generation;
    const principal = await readPrincipal(orm, hash);
    if (principal && listener.connected && generation === startedAt) {
      if (cache.size >= maxEntries) cache.clear();
      cache.set(hash.toString('base64'), { principal, until: nowMs() + timeToLiveMs });
    }
    return principal;
  };

  const live = (principal: Principal | null): Principal | null =>
    principal && principal.expiresAtMs > nowMs() ? principal : null;

  return {
    async find(key) {
      if (!isBearerKey(key)) return null;
      const hash = hashBearerKey(key);
      const cached = cache.get(hash.toString('base64'));
      if (cached && cached.until > nowMs()) return live(cached.principal);
      return live(await load(hash));
    },
    forgetKey: (apiKeyId) => forget((principal) => principal.apiKeyId === apiKeyId),
    async refresh(key) {
      return isBearerKey(key) ? live(await load(hashBearerKey(key))) : null;
    },
  };
}

async function readPrincipal(orm: Orm, hash: Buffer): Promise<Principal | null> {
  const { rows } = await sql<Row>`
    select k.id, k.user_id, k.hash, extract(epoch from k.expires_at) * 1000 as expires_at_ms,
      coalesce((select json_object_agg(m.organization_id, m.role) from membership m
        where m.user_id = k.user_id and m.deactivated_at is null), '{}') as roles
    from api_key k where k.hash = ${hash} and k.deactivated_at is null`.execute(orm.em.getKysely());
  const [row] = rows;
  if (!row || !timingSafeEqual(row.hash, hash)) return null;
  return {
    apiKeyId: row.id,
    userId: row.user_id,
    roles: new Map(Object.entries(row.roles)),
    expiresAtMs: row.expires_at_ms === null ? Infinity : Number(row.expires_at_ms),
  };
}
