import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createDataSource } from '../../server/features/data-sources/create-data-source.ts';
import { actingAs } from '../../server/identity/principal.ts';
import { requestSync } from '../../server/features/data-sources/request-sync.ts';
import type { CallerContext } from '../../server/context.ts';
import { keyFilesIn, makeKeys, type KeyFiles } from '../../server/launcher/keys.ts';
import { systemOrigin } from '../../shared/audit/events.ts';
import { systemClock } from '../../shared/clock.ts';
import { Organization } from '../../shared/db/entities/organization.entity.ts';
import { createOrm, type Orm } from '../../shared/db/orm.ts';
import { readEnv, readKey, type WorkerEnv } from '../../shared/env.ts';
import { newId } from '../../shared/ids.ts';
import { createSendingBoss } from '../../shared/jobs/boss.ts';
import { createJobs } from '../../shared/jobs/client.ts';
import type { Payload, QueueName } from '../../shared/jobs/queues.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import { createSealer } from '../../shared/vault/seal.ts';
import { startWorker, type Overrides, type Worker } from '../../workers/worker.ts';
import type { TestDatabase } from './database.ts';

type UseCaseContext = Pick<CallerContext, 'em' | 'sealer' | 'jobs' | 'clock' | 'origin'> & {
  readonly principal: ReturnType<typeof actingAs>;
  readonly request: { readonly ifMatch: null };
};

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

interface SourceOptions {
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly databaseName?: string;
  readonly isDemo?: boolean;
}

export interface DatabaseOfTest {
  readonly url: string;
}

/** Sets an installation up on a migrated database. Call it at the top of a file or a describe. */
export function useInstallation(database: DatabaseOfTest): Installation {
  let opened: Opened | undefined;
  const workers: Worker[] = [];
  const get = (): Opened => {
    if (opened) return opened;
    throw new Error('The installation exists from beforeAll on.');
  };
  beforeAll(async () => {
    opened = await open(database.url);
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

interface Opened {
  readonly organizationId: string;
  readonly keys: KeyFiles;
  readonly workerEnv: Record<string, string>;
  api(): UseCaseContext;
  close(): Promise<void>;
}

/** An installation outside of hooks: the caller closes it. */
async function open(databaseUrl: string): Promise<Opened> {
  const folder = await mkdtemp(path.join(tmpdir(), 'basekeep-keys-'));
  const keys = keyFilesIn(folder);
  await makeKeys(keys);
  const orm = createOrm({ databaseUrl, poolSize: 8 });
  const boss = createSendingBoss(databaseUrl);
  boss.on('error', () => undefined);
  await boss.start();
  const services = {
    sealer: await createSealer(readKey('VAULT_PUBLIC_KEY_FILE', keys.vaultPublicKey)),
    jobs: createJobs(boss),
    clock: systemClock,
    origin: systemOrigin,
    principal: actingAs('usr_nobody'),
    request: { ifMatch: null } as const,
  };
  return {
    organizationId: await createOrganization(orm),
    keys,
    workerEnv: {
      DATABASE_URL: databaseUrl,
      VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
      VAULT_PRIVATE_KEY_FILE: keys.vaultPrivateKey,
      EGRESS_PRIVATE: 'true',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    },
    api: () => ({ ...services, em: orm.em.fork() }),
    async close() {
      await boss.stop({ graceful: false });
      await orm.close(true);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createOrganization(orm: Orm): Promise<string> {
  const em = orm.em.fork();
  const id = newId('organization');
  em.create(Organization, {
    id,
    name: 'Test',
    slug: id,
    customAiContext: null,
    trialEndsAt: null,
  });
  await em.flush();
  return id;
}

async function createSource(
  installation: Opened,
  { isDemo = false, ...connection }: SourceOptions = {},
): Promise<string> {
  const source = await createDataSource(
    installation.api(),
    {
      orgId: installation.organizationId,
      type: 'direct',
      dialect: 'POSTGRES',
      displayName: 'Shop',
      host: 'db.example.com',
      port: 5432,
      username: 'reader',
      password: 'not a secret',
      databaseName: 'shop',
      sslEnabled: false,
      sshEnabled: false,
      ...connection,
    },
    { isDemo },
  );
  return source.id;
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

/** Asks until the answer is there. Fails after `timeoutMs`. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | null | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Nothing came within ${timeoutMs} ms`);
    await sleep(20);
  }
}
