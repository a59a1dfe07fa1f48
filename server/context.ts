import type { Origin } from '../shared/audit/events.ts';
import type { Clock } from '../shared/clock.ts';
import type { EntityManager, Orm } from '../shared/db/orm.ts';
import type { Jobs } from '../shared/jobs/client.ts';
import type { Logger } from '../shared/logger.ts';
import type { Plan } from '../shared/plans.ts';
import type { Sealer } from '../shared/vault/seal.ts';
import type { AccessTokens } from './identity/access-tokens.ts';
import type { Quotas } from './identity/quotas.ts';
import type { KeyUsage } from './identity/key-usage.ts';
import type { Limiter } from './identity/limiter.ts';
import type { UnsafeCredential } from './identity/credential.ts';
import type { Principal } from './identity/principal.ts';
import type { Principals } from './identity/principals.ts';
import type { NumberedPage } from './paging/numbered-page.ts';
import type { WaitingRoom } from './worker-answers/waiting-room.ts';

/** Limits: of known callers by plan, of unknown ones by address. */
export type RequestsPerMinute = Readonly<Record<Plan | 'ADDRESS', number>>;

/** What the process has once. */
export interface Services {
  readonly orm: Orm;
  readonly sealer: Sealer;
  readonly jobs: Jobs;
  readonly principals: Principals;
  readonly accessTokens: AccessTokens;
  readonly limiter: Limiter;
  /** For connection drafts and their reports. */
  readonly verifications: WaitingRoom;
  /** For requests to reveal a credential and their answers. */
  readonly reveals: WaitingRoom;
  readonly quotas: Quotas;
  readonly keyUsage: KeyUsage;
  readonly perMinute: RequestsPerMinute;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether workers send e-mail; otherwise what they would send is answered to who asked for it. */
  readonly sendsMail: boolean;
  /** 32 bytes from which organizations' secrets and refresh tokens are derived. */
  readonly apiSecret: Uint8Array;
}

/** What a transport knows of a request. */
export interface IncomingRequest {
  readonly requestId: string;
  /** Method and path as the documents have them; null on RPC. */
  readonly route: string | null;
  readonly credential: UnsafeCredential;
  /** Where the caller reaches this server, without a slash at the end. As it says: to be told to it alone. */
  readonly baseUrl: string;
  /** Set by surfaces on which members who are no admins reach organizations and nothing else. */
  readonly adminsOnly: boolean;
  /** Set by surfaces that count pages: the one that was asked for. */
  readonly numberedPage?: NumberedPage | undefined;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly signal: AbortSignal;
  /** The header of that name, as it came. */
  readonly idempotencyKey: string | null;
  /** The header of that name, as it came. */
  readonly ifMatch: string | null;
  /** Sets a header of the answer, as long as none of it has been sent. */
  readonly setHeader: (name: string, value: string) => void;
}

/** What a procedure gets before it is known who calls. */
export interface Context extends Omit<Services, 'orm'> {
  readonly request: IncomingRequest;
  readonly em: EntityManager;
}

/** What a use case gets: the caller is known and may do what it asks for. */
export interface CallerContext extends Context {
  readonly principal: Principal;
  readonly origin: Origin;
}

export function createContext(services: Services, request: IncomingRequest): Context {
  const { orm, log, ...rest } = services;
  return {
    ...rest,
    request,
    em: orm.em.fork(),
    log: log.child({ requestId: request.requestId }),
  };
}

/** A request in the name of a user, however it was proven. */
export function originOfUser(request: IncomingRequest, userId: string): Origin {
  const { requestId, address, userAgent } = request;
  return { actor: { type: 'user', id: userId }, requestId, address, userAgent };
}

export function originOf(request: IncomingRequest, principal: Principal): Origin {
  const origin = originOfUser(request, principal.userId);
  if (principal.kind === 'session') return origin;
  return { ...origin, actor: { type: 'api_key', id: principal.credentialId } };
}
