import { setTimeout as delay } from 'node:timers/promises';
import type { ConstructorOptions } from 'pg-boss';
import { createOrm, type Orm } from '../shared/db/orm.ts';
import { EnvError, type WorkerEnv } from '../shared/env.ts';
import { createWorkingBoss, startBoss } from '../shared/jobs/boss.ts';
import { createJobs } from '../shared/jobs/client.ts';
import type { Logger } from '../shared/logger.ts';
import { assertSealingKey } from '../shared/vault/agree.ts';
import { bindQueues } from './jobs/bind.ts';
import { connectorFor } from './connectors/index.ts';
import { createEgressPolicy } from './egress/policy.ts';
import { handlers, type Handlers } from './handlers.ts';
import { budgetFor } from './memory/memory-budget.ts';
import { createMailer } from './mail/mailer.ts';
import { organizationFolder } from './organization-folder.ts';
import { ownEndpoints } from './own-endpoints.ts';
import { publishMetrics } from './publish-metrics.ts';
import { heldKeys } from './vault/held-keys.ts';
import { createVault } from './vault/open.ts';
import type { WorkerContext } from './worker-context.ts';

/** What tests put in the place of the real thing. */
export interface Overrides {
  readonly connectorFor?: WorkerContext['connectorFor'];
  readonly mailer?: WorkerContext['mailer'];
  readonly webhookRoute?: WorkerContext['webhookRoute'];
  readonly handlers?: Partial<Handlers>;
  readonly boss?: ConstructorOptions;
  readonly pollSeconds?: number;
  readonly metricsEveryMs?: number;
}

export interface Worker {
  readonly context: WorkerContext;
  /**
   * Takes no more jobs, gives those at work `graceMs` and then gives them back to the queue.
   * Resolves when everything is closed, within 6 s.
   */
  stop(): Promise<void>;
}

// The launcher kills after 7 s. What a job does in a second was worth waiting for.
const graceMs = 1_500;
const settleMs = 4_000;
const closeMs = 500;

/** Starts a worker and resolves when it takes jobs; `signal` ends the wait for PostgreSQL. */
export async function startWorker(
  env: WorkerEnv,
  log: Logger,
  signal: AbortSignal,
  overrides: Overrides = {},
): Promise<Worker> {
  const { active, other } = await heldKeys(env);
  const { publicKey } = active;
  const vault = await createVault(other ? [active, other] : [active]);
  const concurrency = env.WORKER_CONCURRENCY;
  const orm = createOrm({ databaseUrl: env.DATABASE_URL, poolSize: 3 * concurrency + 2 });
  const boss = createWorkingBoss(env.DATABASE_URL, overrides.boss);
  const allowCidrs = env.EGRESS_ALLOW_CIDRS ?? (env.EGRESS_PRIVATE ? 'private' : []);
  const context: WorkerContext = {
    orm,
    boss,
    jobs: createJobs(boss),
    vault,
    egress: createEgressPolicy({ allowCidrs, ownEndpoints: ownEndpoints(env) }),
    memory: budgetFor(concurrency),
    connectorFor:
      overrides.connectorFor ??
      ((dialect, organizationId) =>
        connectorFor(dialect, {
          DUCKDB_ROOT: organizationFolder(env.DUCKDB_ROOT, organizationId),
        })),
    mailer: overrides.mailer ?? createMailer(env),
    webhookRoute: overrides.webhookRoute ?? {},
    log,
  };
  const stopping = new AbortController();
  const close = async (): Promise<void> => {
    await Promise.allSettled([boss.stop({ graceful: false }), orm.close(true)]);
  };
  try {
    await startBoss(boss, log, signal);
    await untilAgreed(orm, publicKey, log, signal);
    signal.throwIfAborted();
    await bindQueues(context, {
      handlers: { ...handlers, ...overrides.handlers },
      concurrency,
      stopping: stopping.signal,
      ...(overrides.pollSeconds === undefined ? {} : { pollSeconds: overrides.pollSeconds }),
    });
  } catch (error) {
    await close();
    throw error;
  }
  const metrics = publishMetrics(orm, log, overrides.metricsEveryMs);
  return {
    context,
    async stop() {
      const timer = setTimeout(() => stopping.abort(), graceMs);
      await boss.stop({ graceful: true, timeout: settleMs });
      clearTimeout(timer);
      stopping.abort();
      // A handler that never ends keeps its connection, and must not keep the process as well.
      const closed = metrics.stop().then(() => orm.close(true));
      await Promise.race([closed, delay(closeMs, undefined, { ref: false })]);
    },
  };
}

/** Waits for PostgreSQL as long as it takes; a key that is not this database's ends the start. */
async function untilAgreed(
  orm: Orm,
  key: Uint8Array,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await assertSealingKey(orm.em.fork(), key);
    } catch (error) {
      if (error instanceof EnvError) throw error;
      log.warn({ err: error, attempt }, 'waiting for PostgreSQL');
      const pauseMs = Math.min(5_000, 100 * 2 ** attempt);
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
