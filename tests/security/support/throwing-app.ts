import { once } from 'node:events';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { createApp } from '../../../server/app.ts';
import type { Services } from '../../../server/context.ts';
import { createLogger } from '../../../shared/logger.ts';
import type { UnsafeCredential } from '../../../server/identity/credential.ts';
import { generateBearerKey } from '../../../server/identity/key-format.ts';
import { unlimited } from '../../support/unlimited.ts';

export const orgId = 'org_01jd5w9c3zf8r8kq4j0mpx2v7e';
export const key = generateBearerKey();

export interface ThrowingApp {
  readonly url: string;
  readonly logs: string[];
  /** What every dependency throws from now on. */
  error: unknown;
  /** Where it is thrown: when a procedure uses its EntityManager, or when its context is made. */
  where: 'em' | 'fork';
  close(): Promise<void>;
}

/** The API's own application and logger over dependencies that all fail. */
export async function startThrowingApp(): Promise<ThrowingApp> {
  const logs: string[] = [];
  const log = createLogger('debug', 'api');
  // The product's logger with its own serializers; only the lines go somewhere else.
  Reflect.set(log, pino.symbols.streamSym, { write: (line: string) => void logs.push(line) });
  const state: Pick<ThrowingApp, 'error' | 'where'> = { error: undefined, where: 'em' };

  const fail = (): never => {
    throw state.error;
  };
  const em = new Proxy({}, { get: (_, name) => (name === 'setFilterParams' ? () => {} : fail) });
  const fork = () => (state.where === 'fork' ? fail() : em);
  const app = createApp({
    services: {
      orm: { em: { fork, getKysely: fail } },
      sealer: { kid: 'x', seal: fail },
      jobs: { send: fail },
      principals: {
        find: (given: UnsafeCredential) =>
          Promise.resolve(given.kind === 'bearer' && given.token === key ? principal : null),
        refresh: fail,
        forget: () => {},
      },
      accessTokens: { jwks: [], sign: fail, sessionOf: fail },
      limiter: { take: fail, reset: fail },
      quotas: { take: () => Promise.resolve({ isAllowed: true, remaining: 1, resetsInMs: 1 }) },
      keyUsage: { count: () => {}, flush: fail },
      perMinute: unlimited,
      verifications: { expect: () => ({ wait: fail, leave: () => {} }) },
      reveals: { expect: () => ({ wait: fail, leave: () => {} }) },
      clock: { now: () => new Date(0) },
      log,
      sendsMail: false,
      apiSecret: new Uint8Array(32),
    } as unknown as Services,
    readiness: {
      progress: { stage: 'started', isStopping: false },
      check: () => Promise.resolve({ database: 'up', queue: 'up' }),
    },
    metricsToken: undefined,
  });
  const server = createServer(app).listen(0);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    logs,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

const principal = {
  kind: 'session',
  credentialId: 'ses_1',
  userId: 'usr_1',
  organizationId: null,
  scopes: new Set(['system:full-access']),
  environment: null,
  plan: 'FREE',
  signedInAtMs: null,
  allowedCidrs: [],
  roles: new Map([[orgId, 'ADMIN']]),
  expiresAtMs: Infinity,
};
