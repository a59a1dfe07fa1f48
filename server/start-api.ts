import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../shared/clock.ts';
import { startListener } from '../shared/db/listener.ts';
import { createOrm, type Orm } from '../shared/db/orm.ts';
import { EnvError } from '../shared/env.ts';
import { createSendingBoss, startBoss } from '../shared/jobs/boss.ts';
import { createJobs } from '../shared/jobs/client.ts';
import type { Logger } from '../shared/logger.ts';
import { assertSealingKey } from '../shared/vault/agree.ts';
import { createSealer } from '../shared/vault/seal.ts';
import { createApp } from './app.ts';
import type { RequestsPerMinute } from './context.ts';
import { drain } from './http/drain.ts';
import { createReadiness, type Progress } from './health.ts';
import { createHttpServer } from './http/http-server.ts';
import type { AccessTokens } from './identity/access-tokens.ts';
import { createKeyUsage } from './identity/key-usage.ts';
import { createLimiter } from './identity/limiter.ts';
import { createQuotas } from './identity/quotas.ts';
import { createPrincipals } from './identity/principals.ts';
import { createWaitingRoom } from './worker-answers/waiting-room.ts';

export interface ApiOptions {
  readonly databaseUrl: string;
  /** The database is left alone until this resolves; at once when it is absent. */
  readonly opened?: Promise<void> | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  readonly vaultPublicKey: Uint8Array;
  readonly apiSecret: Uint8Array;
  readonly accessTokens: AccessTokens;
  readonly metricsToken?: string | undefined;
  /** Whether workers send e-mail; not, when absent. */
  readonly sendsMail?: boolean;
  readonly perMinute: RequestsPerMinute;
  /** How many proxies in front of it are believed about who calls. */
  readonly trustedProxies?: number | undefined;
  /** How long it still answers when it is told to stop, while its health says that it is stopping. */
  readonly leaveMs?: number | undefined;
  readonly log: Logger;
}

export interface Api {
  readonly port: number;
  /** Settles when the database was found in order; rejects with `EnvError` when it was not. */
  readonly ready: Promise<void>;
  /** Leaves as `leaveMs` says, finishes what is in flight, for 5 s at most, and closes everything. */
  stop(): Promise<void>;
}

const finishMs = 5_000;
const channels = [
  'basekeep_principal',
  'basekeep_verified',
  'basekeep_revealed',
  'basekeep_quota',
] as const;

/** Listens at once and answers 503 until PostgreSQL is there, however long that takes. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { databaseUrl, opened = Promise.resolve(), log } = options;
  const stopping = new AbortController();
  const progress: Progress = { stage: 'waiting', isStopping: false };
  void opened.then(() => (progress.stage = 'starting'));
  const boss = createSendingBoss(databaseUrl);
  const bossStarted = opened.then(() => startBoss(boss, log, stopping.signal));
  const orm = createOrm({ databaseUrl, poolSize: 16 });
  const keyAgreed = opened.then(() =>
    untilAgreed(orm, options.vaultPublicKey, log, stopping.signal),
  );
  const ready = Promise.all([bossStarted, keyAgreed]).then(() => void (progress.stage = 'started'));
  // Whoever asks for `ready` hears of a failure; nobody can ask yet.
  const settled = ready.catch(() => undefined);
  // Until it hears, nothing is remembered; who waits for the start should not wait for it as well.
  const listener = startListener(databaseUrl, channels, log, settled);
  // While this waits, and while the rest is made, PostgreSQL is at work on the connections.
  const sealer = await createSealer(options.vaultPublicKey);

  const services = {
    orm,
    sealer,
    jobs: createJobs(boss),
    principals: createPrincipals(orm, listener, options.accessTokens),
    accessTokens: options.accessTokens,
    limiter: createLimiter(orm),
    verifications: createWaitingRoom(listener, 'basekeep_verified'),
    reveals: createWaitingRoom(listener, 'basekeep_revealed'),
    quotas: createQuotas(orm, listener),
    keyUsage: createKeyUsage(orm, systemClock, log),
    perMinute: options.perMinute,
    clock: systemClock,
    log,
    apiSecret: options.apiSecret,
    sendsMail: options.sendsMail ?? false,
  };
  const readiness = createReadiness(orm, boss, progress);
  const { metricsToken, trustedProxies } = options;
  const app = createApp({ services, readiness, metricsToken, trustedProxies });
  const close = async (): Promise<void> => {
    // What is connecting is let finish, 5 s at most: a pool that is closed amid that never ends.
    if (progress.stage !== 'waiting') await settled;
    await Promise.allSettled([listener.close(), boss.stop({ graceful: false }), orm.close(true)]);
  };
  const server = createHttpServer(app);
  try {
    await listen(server, options.port);
  } catch (error) {
    stopping.abort();
    await close();
    throw error;
  }
  return {
    port: portOf(server),
    ready,
    async stop() {
      progress.isStopping = true;
      stopping.abort();
      await drain(server, { leaveMs: options.leaveMs ?? 0, finishMs });
      await Promise.all([services.quotas.close(), services.keyUsage.close()]);
      await close();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(isTaken ? new EnvError(`The port ${port} is taken; set PORT to another one.`) : error);
    });
    server.listen(port, resolve);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen');
  return address.port;
}

async function untilAgreed(orm: Orm, key: Uint8Array, log: Logger, signal: AbortSignal) {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await assertSealingKey(orm.em.fork(), key);
    } catch (error) {
      if (error instanceof EnvError) throw error;
      log.warn({ err: error, attempt }, 'waiting for PostgreSQL');
      await delay(Math.min(5_000, 100 * 2 ** attempt), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
}
