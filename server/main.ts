import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../shared/clock.ts';
import { startListener } from '../shared/db/listener.ts';
import { createOrm, type Orm } from '../shared/db/orm.ts';
import { EnvError, readEnv, readKey, type ServerEnv } from '../shared/env.ts';
import { createSendingBoss, startBoss } from '../shared/jobs/boss.ts';
import { createJobs } from '../shared/jobs/client.ts';
import { createLogger, type Logger } from '../shared/logger.ts';
import { assertSealingKey } from '../shared/vault/agree.ts';
import { createSealer } from '../shared/vault/seal.ts';
import { createApp } from './app.ts';
import { createReadiness } from './health.ts';
import { createPrincipals } from './identity/principals.ts';
import { signingJwk } from './keys.ts';
import { createVerifications } from './verifications.ts';

// The whole stop fits into ten seconds; requests in flight get most of it.
const drainMs = 5_000;

async function main(env: ServerEnv): Promise<void> {
  const log = createLogger(env.LOG_LEVEL, 'api');
  const publicKey = readKey('VAULT_PUBLIC_KEY_FILE', env.VAULT_PUBLIC_KEY_FILE);
  const apiSecret = readKey('API_SECRET_FILE', env.API_SECRET_FILE);
  const jwks = [signingJwk(env.TOKEN_SIGNING_KEY_FILE)];
  const stopping = new AbortController();

  const orm = createOrm({ databaseUrl: env.DATABASE_URL, poolSize: 16 });
  const boss = createSendingBoss(env.DATABASE_URL);
  const channels = ['basekeep_principal', 'basekeep_verified'] as const;
  const listener = startListener(env.DATABASE_URL, channels, log);

  let isStarted = false;
  const readiness = createReadiness(orm, boss, () => isStarted);
  const services = {
    orm,
    sealer: await createSealer(publicKey),
    jobs: createJobs(boss),
    principals: createPrincipals(orm, listener),
    verifications: createVerifications(listener),
    clock: systemClock,
    log,
    apiSecret,
  };
  const app = createApp({ services, readiness, jwks, metricsToken: env.METRICS_TOKEN });
  const server = await listen(createServer(app), env.PORT);
  log.info({ port: portOf(server) }, 'listening');

  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await drain(server);
    await Promise.allSettled([listener.close(), boss.stop({ graceful: false }), orm.close(true)]);
    log.info('stopped');
    process.exit();
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());

  await startBoss(boss, log, stopping.signal);
  await untilAgreed(orm, publicKey, log, stopping.signal);
  isStarted = true;
}

function listen(server: Server, port: number): Promise<Server> {
  // A client that sends its headers slowly holds a connection, and nothing more, for this long.
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(isTaken ? new EnvError(`The port ${port} is taken; set PORT to another one.`) : error);
    });
    server.listen(port, () => resolve(server));
  });
}

function portOf(server: Server): number | null {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : null;
}

/** Lets requests in flight finish, and closes what is idle at once and the rest after `drainMs`. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await Promise.race([closed, delay(drainMs, undefined, { ref: false })]);
  server.closeAllConnections();
}

async function untilAgreed(orm: Orm, key: Uint8Array, log: Logger, signal: AbortSignal) {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await assertSealingKey(orm.em.fork(), key);
    } catch (error) {
      if (error instanceof EnvError) throw error;
      log.warn({ err: error, attempt }, 'waiting for PostgreSQL');
      await delay(Math.min(5_000, 100 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
}

process.on('unhandledRejection', (error) => {
  createLogger('error', 'api').error({ err: error }, 'unhandled rejection');
  process.exit(1);
});

try {
  await main(readEnv('server'));
} catch (error) {
  if (!(error instanceof EnvError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
