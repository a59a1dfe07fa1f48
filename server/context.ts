import type { Origin } from '../shared/audit/events.ts';
import type { Clock } from '../shared/clock.ts';
import type { EntityManager, Orm } from '../shared/db/orm.ts';
import type { Jobs } from '../shared/jobs/client.ts';
import type { Logger } from '../shared/logger.ts';
import type { Sealer } from '../shared/vault/seal.ts';
import type { Principal, Principals } from './identity/principals.ts';
import type { Verifications } from './verifications.ts';

/** What the process has once. */
export interface Services {
  readonly orm: Orm;
  readonly sealer: Sealer;
  readonly jobs: Jobs;
  readonly principals: Principals;
  readonly verifications: Verifications;
  readonly clock: Clock;
  readonly log: Logger;
  /** 32 bytes from which the secrets of organizations are derived. */
  readonly apiSecret: Uint8Array;
}

/** What a transport knows of a request. */
export interface IncomingRequest {
  readonly requestId: string;
  readonly authorization: string | undefined;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly signal: AbortSignal;
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

export function originOf(request: IncomingRequest, principal: Principal): Origin {
  return {
    actor: { type: 'api_key', id: principal.apiKeyId },
    requestId: request.requestId,
    address: request.address,
    userAgent: request.userAgent,
  };
}
