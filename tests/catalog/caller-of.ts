import type { IncomingRequest } from '../../server/context.ts';
import { actingAs } from '../../server/identity/principal.ts';
import { systemOrigin } from '../../shared/audit/events.ts';
import { systemClock } from '../../shared/clock.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Role } from '../../shared/roles.ts';

/** What the use cases of the catalog get from a caller of a role. */
export function callerOf(em: EntityManager, role: Role) {
  const principal = {
    ...actingAs('usr_caller'),
    credentialId: 'ses_caller',
    organizationId: null,
    roles: new Map<string, Role>(),
    plan: 'FREE' as const,
    signedInAtMs: null,
    allowedCidrs: [],
    expiresAtMs: Infinity,
  };
  const request: IncomingRequest = {
    requestId: 'req_caller',
    route: null,
    baseUrl: 'http://localhost',
    credential: { kind: 'none' },
    adminsOnly: false,
    address: null,
    userAgent: null,
    signal: new AbortController().signal,
    idempotencyKey: null,
    ifMatch: null,
    setHeader: () => undefined,
  };
  return { em, role, principal, request, clock: systemClock, origin: systemOrigin };
}
