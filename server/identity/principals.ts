import { nowMs } from '../../shared/clock.ts';
import type { Listener } from '../../shared/db/listener.ts';
import type { Orm } from '../../shared/db/orm.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { UnsafeCredential } from './credential.ts';
import type { Principal } from './principal.ts';
import { readBearer, readPair, readSession } from './read-principal.ts';
import { hashKey, isBearerKey, isPairSecret, isPublicId } from './key-format.ts';

/**
 * Resolves credentials, remembering the good ones for seconds. A revocation reaches every process by
 * NOTIFY when its transaction commits; while notifications do not arrive, nothing is remembered.
 */
export interface Principals {
  /** Null for whatever is not an active, unexpired credential of ours. */
  find(credential: UnsafeCredential): Promise<Principal | null>;
  /** The same from the database, past the cache: a denial is never served from memory. */
  refresh(credential: UnsafeCredential): Promise<Principal | null>;
  /**
   * Forgets, in this process and at once, what the NOTIFY of this payload will make every process
   * forget: whoever has just revoked something must not see it work a moment later.
   */
  forget(payload: string): void;
}

const timeToLiveMs = 30_000;
const maxEntries = 10_000;

interface Lookup {
  /** Names the credential in the cache; never the credential itself. */
  readonly key: string;
  readonly read: () => Promise<Principal | null>;
}

export function createPrincipals(orm: Orm, listener: Listener, tokens: AccessTokens): Principals {
  const cache = new Map<string, { principal: Principal; until: number }>();
  // Counts what was forgotten. A row read before an invalidation must not be stored after it.
  let generation = 0;

  const forget = (payload: string): void => {
    generation += 1;
    for (const [key, { principal }] of cache) {
      const { userId, credentialId } = principal;
      if (payload === `user:${userId}` || payload === `credential:${credentialId}`)
        cache.delete(key);
    }
  };
  listener.on('basekeep_principal', forget);
  listener.onGap(() => {
    generation += 1;
    cache.clear();
  });

  const lookup = async (credential: UnsafeCredential): Promise<Lookup | null> => {
    if (credential.kind === 'none') return null;
    if (credential.kind === 'pair') {
      const { publicId, secret } = credential;
      if (!isPublicId(publicId) || !isPairSecret(secret)) return null;
      const hash = hashKey(secret);
      return {
        key: `${publicId}:${hash.toString('base64')}`,
        read: () => readPair(orm, publicId, hash),
      };
    }
    if (isBearerKey(credential.token)) {
      const hash = hashKey(credential.token);
      return { key: hash.toString('base64'), read: () => readBearer(orm, hash) };
    }
    const sessionId = await tokens.sessionOf(credential.token);
    if (sessionId === null) return null;
    return { key: sessionId, read: () => readSession(orm, sessionId) };
  };

  const load = async ({ key, read }: Lookup): Promise<Principal | null> => {
    const startedAt = generation;
    const principal = await read();
    if (principal && listener.connected && generation === startedAt) {
      if (cache.size >= maxEntries) cache.clear();
      cache.set(key, { principal, until: nowMs() + timeToLiveMs });
    }
    return live(principal);
  };

  return {
    forget,
    async find(credential) {
      const wanted = await lookup(credential);
      if (!wanted) return null;
      const cached = cache.get(wanted.key);
      return cached && cached.until > nowMs() ? live(cached.principal) : load(wanted);
    },
    async refresh(credential) {
      const wanted = await lookup(credential);
      return wanted && load(wanted);
    },
  };
}

const live = (principal: Principal | null): Principal | null =>
  principal && principal.expiresAtMs > nowMs() ? principal : null;
