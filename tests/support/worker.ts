import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { requestSync } from '../../server/features/data-sources/request-sync.ts';
import type { KeyFiles } from '../../server/launcher/keys.ts';
import { readEnv, type WorkerEnv } from '../../shared/env.ts';
import type { Payload, QueueName } from '../../shared/jobs/queues.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import { startWorker, type Overrides, type Worker } from '../../workers/worker.ts';
import type { TestDatabase } from './database.ts';
import {
  createSource,
  type OpenedInstallation,
  openInstallation,
  type SourceOptions,
  type UseCaseContext,
} from './processes/installation.ts';

/** An installation of which a test plays the API, with workers started at will. */
export interface Installation {
  readonly organizationId: string;
  readonly keys: KeyFiles;
  /** The environment of a worker process. */
  readonly workerEnv: Record<string, string>;
  /** What a use case of the API gets; a fresh EntityManager with every look. */
  readonly api: UseCaseContext;
  /** A worker in this process, stopped after the test. */
  work(overrides?: Overrides): Promise<Worker>;
  /** A data source with a sealed password, and what its creation sends. */
  createSource(options?: SourceOptions): Promise<string>;
  send<Q extends QueueName>(queue: Q, payload: Payload<Q>, key?: string): Promise<void>;
}

export interface DatabaseOfTest {
  readonly url: string;
}

/** Sets an installation up on a migrated database. Call it at the top of a file or a describe. */
export function useInstallation(database: DatabaseOfTest): Installation {
  let opened: OpenedInstallation | undefined;
  const workers: Worker[] = [];
  const get = (): OpenedInstallation => {
    if (opened) return opened;
    throw new Error('The installation exists from beforeAll on.');
  };
  beforeAll(async () => {
    opened = await openInstallation(database.url);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });
  afterAll(async () => {
    await opened?.close();
  });
  return {
    get organizationId() {
      return get().organizationId;
    },
    get keys() {
      return get().keys;
    },
    get workerEnv() {
      return get().workerEnv;
    },
    get api() {
      return get().api();
    },
    async work(overrides) {
      const worker = await startInProcess(readEnv('worker', get().workerEnv), overrides);
      workers.push(worker);
      return worker;
    },
    createSource: (options) => createSource(get(), options),
    async send(queue, payload, key) {
      const { em, jobs } = get().api();
      await em.transactional(async (tx) => {
        const { organizationId } = get();
        await jobs.send(tx, queue, payload, {
          organizationId,
          ...(key === undefined ? {} : { key }),
        });
      });
    },
  };
}

/** Has failed jobs tried again without delay; jobs that are there already keep theirs. */
export async function retryAtOnce({ pool }: TestDatabase): Promise<void> {
  await pool.query('update pgboss.queue set retry_delay = 0, retry_backoff = false');
}

/** What is stored of the jobs of a queue, dead letters by `<queue>-dead`. */
export async function jobsOf({ pool }: TestDatabase, queue: string): Promise<JobRow[]> {
  const { rows } = await pool.query<JobRow>(
    `select id, name, state, data, output, retry_count, retry_limit, source_output from pgboss.job
     where name = $1 order by created_on, id`,
    [queue],
  );
  return rows;
}

export interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly data: unknown;
  readonly output: unknown;
  readonly retry_count: number;
  readonly retry_limit: number;
  readonly source_output: unknown;
}

/** Nothing is queued or at work for a data source. */
export async function settled({ pool }: TestDatabase, id: string): Promise<void> {
  await eventually(async () => {
    const { rows } = await pool.query(
      `select 1 from pgboss.job where singleton_key = $1 and state <= 'active' and name not like '%-dead'`,
      [id],
    );
    return rows.length === 0;
  });
}

/** Asks for a sync and answers its run, as stored, when it has ended. */
export async function syncAgain(
  installation: Installation,
  database: TestDatabase,
  id: string,
): Promise<Record<string, unknown>> {
  await settled(database, id);
  const { id: runId } = await requestSync(installation.api, {
    orgId: installation.organizationId,
    id,
  });
  return runEnded(database, runId);
}

/** The run as stored, when it has ended. */
function runEnded(
  { pool }: TestDatabase,
  runId: string,
  timeoutMs?: number,
): Promise<Record<string, unknown>> {
  return eventually(async () => {
    const { rows } = await pool.query<Record<string, unknown>>(
      `select * from sync_run where id = $1 and status <> 'PENDING'`,
      [runId],
    );
    return rows[0];
  }, timeoutMs);
}

/** The newest run of a data source, as stored, when it has ended. */
export async function firstRunEnded(
  database: TestDatabase,
  dataSourceId: string,
  timeoutMs?: number,
): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<{ id: string }>(
    'select id from sync_run where data_source_id = $1 order by id desc limit 1',
    [dataSourceId],
  );
  return runEnded(database, rows[0]?.id ?? '', timeoutMs);
}

export async function sourceRow(
  { pool }: TestDatabase,
  id: string,
): Promise<Record<string, unknown>> {
  const { rows } = await pool.query<Record<string, unknown>>(
    'select * from data_source where id = $1',
    [id],
  );
  return rows[0] ?? {};
}

/** Quick turns, so that tests do not wait; the heartbeat's 10 s are pg-boss's minimum. */
const quick = { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1, schedule: false } as const;

async function startInProcess(env: WorkerEnv, overrides: Overrides = {}): Promise<Worker> {
  const log: Logger = createLogger(env.LOG_LEVEL, 'worker');
  return startWorker(env, log, new AbortController().signal, {
    pollSeconds: 0.5,
    ...overrides,
    boss: { ...quick, ...overrides.boss },
  });
}

/** Asks until the answer is there. Fails after `timeoutMs`: what a busy machine may take, no promise. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | null | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Nothing came within ${timeoutMs} ms`);
    await sleep(20);
  }
}
