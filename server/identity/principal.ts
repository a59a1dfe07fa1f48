import type { Environment } from '../../shared/environments.ts';
import type { Plan } from '../../shared/plans.ts';
import type { Role } from '../../shared/roles.ts';

/** The scope that stands for all of them, those to come included. */
export const fullAccess = 'system:full-access';

/** Who calls: always a user, by one of its credentials. */
export interface Principal {
  readonly kind: 'session' | 'bearer' | 'pair';
  /** Of the session or the key. */
  readonly credentialId: string;
  readonly userId: string;
  /** The one whose admins manage the key; null for sessions. */
  readonly organizationId: string | null;
  /** The organizations that this credential reaches. A pair reaches its own alone. */
  readonly roles: ReadonlyMap<string, Role>;
  /** What the credential was given; a session has full access. */
  readonly scopes: ReadonlySet<string>;
  /** The data sources it may touch; null for both kinds. */
  readonly environment: Environment | null;
  /** Of the key's organization; of a session the best one among its user's organizations. */
  readonly plan: Plan;
  /** When the user last typed its password; null for keys, which never do. */
  readonly signedInAtMs: number | null;
  /** Addresses that may use the key, in CIDR form; empty = all. */
  readonly allowedCidrs: readonly string[];
  /** Milliseconds since the epoch; Infinity for a key without expiry. */
  readonly expiresAtMs: number;
}

/**
 * On whose account a request goes: a key's own, and for sessions their user's, who would otherwise
 * get a fresh account by signing in once more.
 */
export function accountOf(principal: Pick<Principal, 'kind' | 'userId' | 'credentialId'>): string {
  return principal.kind === 'session' ? principal.userId : principal.credentialId;
}

/** What a use case outside of any request acts as: a user with everything that is its own. */
export function actingAs(userId: string) {
  return { userId, kind: 'session', scopes: new Set([fullAccess]), environment: null } as const;
}
