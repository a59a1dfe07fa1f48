import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createOrm } from '../../shared/db/orm.ts';
import { EnvError, inheritedEnv, readEnv, readKey, type LauncherEnv } from '../../shared/env.ts';
import { createSendingBoss } from '../../shared/jobs/boss.ts';
import { createJobs } from '../../shared/jobs/client.ts';
import { createSealer } from '../../shared/vault/seal.ts';
import { migrate } from '../migrate.ts';
import { greeting } from './greeting.ts';
import { startChildren } from './children.ts';
import { openControlDatabase } from './control-database.ts';
import { claimDataFolder, writeJsonAtomically } from './data-folder.ts';
import { makeDemoShop } from './demo-shop.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { firstRun, hasOwner, type FirstRun } from './first-run.ts';
import { keyFilesIn, makeKeys, type KeyFiles } from './keys.ts';

/** What has been started so far, to be stopped in reverse. */
const started: (() => Promise<void>)[] = [];

async function start(env: LauncherEnv): Promise<string> {
  const dataDir = path.resolve(env.BASEKEEP_DATA_DIR);
  const claim = await claimDataFolder(dataDir);
  started.push(() => claim.release());
  const port = await freePort(env.PORT);
  const keys = keyFilesIn(path.join(dataDir, 'keys'));
  await makeKeys(keys);
  const children = startChildren(childSpecs(env, { port, keys }));
  void children.gaveUp.then((sentence) => stop(1, sentence));
  const { databaseUrl, superuserUrl } = await openDatabase(env, dataDir);
  // After PostgreSQL, to be stopped before it. Until here they leave with this process.
  started.push(() => children.stop());
  await migrate({ databaseUrl });
  const url = `http://localhost:${port}`;
  const first = await initialise(env, { dataDir, url, keys, databaseUrl, superuserUrl });
  children.begin(databaseUrl);
  await untilReady(url);
  process.stdout.write(greeting({ url, dataDir, first }));
  return url;
}

async function openDatabase(env: LauncherEnv, dataDir: string) {
  if (env.DATABASE_URL !== undefined)
    return { databaseUrl: env.DATABASE_URL, superuserUrl: undefined };
  const postgres = await startEmbeddedPostgres({ dataDir });
  started.push(() => postgres.stop());
  void postgres.exited.then(() =>
    stop(1, 'The embedded PostgreSQL ended by itself; see postgres.log.'),
  );
  return {
    databaseUrl: await openControlDatabase(postgres.url, dataDir),
    superuserUrl: postgres.url,
  };
}

interface Installation {
  readonly dataDir: string;
  readonly url: string;
  readonly keys: KeyFiles;
  readonly databaseUrl: string;
  /** Of the embedded server; absent when the database is somebody else's. */
  readonly superuserUrl: string | undefined;
}

async function initialise(env: LauncherEnv, at: Installation): Promise<FirstRun | null> {
  const orm = createOrm({ databaseUrl: at.databaseUrl, poolSize: 2 });
  const boss = createSendingBoss(at.databaseUrl);
  const jobs = createJobs(boss);
  const sealer = await createSealer(readKey('VAULT_PUBLIC_KEY_FILE', at.keys.vaultPublicKey));
  const { superuserUrl } = at;
  try {
    if (await hasOwner(orm.em.fork())) return null;
    await boss.start();
    return await firstRun(orm.em.fork(), {
      email: env.BASEKEEP_OWNER_EMAIL,
      password: env.BASEKEEP_OWNER_PASSWORD,
      announce: (result) =>
        writeJsonAtomically(path.join(at.dataDir, 'first-run.json'), { url: at.url, ...result }),
      ...(superuserUrl === undefined
        ? {}
        : { demo: { sealer, jobs, open: () => makeDemoShop(superuserUrl) } }),
    });
  } finally {
    await boss.stop({ graceful: false });
    await orm.close(true);
  }
}

function childSpecs(env: LauncherEnv, at: { port: number; keys: KeyFiles }) {
  const common = { ...inheritedEnv(), LOG_LEVEL: env.LOG_LEVEL };
  const isEmbedded = env.DATABASE_URL === undefined;
  return [
    {
      name: 'API',
      file: new URL('../main.ts', import.meta.url),
      env: {
        ...common,
        PORT: String(at.port),
        VAULT_PUBLIC_KEY_FILE: at.keys.vaultPublicKey,
        TOKEN_SIGNING_KEY_FILE: at.keys.tokenSigningKey,
        API_SECRET_FILE: at.keys.apiSecret,
        RATE_LIMIT_FREE: String(env.RATE_LIMIT_FREE),
        RATE_LIMIT_PRO: String(env.RATE_LIMIT_PRO),
        RATE_LIMIT_ENTERPRISE: String(env.RATE_LIMIT_ENTERPRISE),
        RATE_LIMIT_ADDRESS: String(env.RATE_LIMIT_ADDRESS),
        TRUST_PROXY_HOPS: String(env.TRUST_PROXY_HOPS),
        ...(env.METRICS_TOKEN === undefined ? {} : { METRICS_TOKEN: env.METRICS_TOKEN }),
        SMTP_FROM: env.SMTP_FROM ?? '',
      },
    },
    {
      name: 'worker',
      file: new URL('../../workers/main.ts', import.meta.url),
      // Catalogs stream through: a small nursery, and an old space that is swept before it has doubled,
      // keep their garbage from piling up.
      nodeOptions: ['--max-semi-space-size=4', '--heap-growing-percent=50'],
      env: {
        ...common,
        VAULT_PUBLIC_KEY_FILE: at.keys.vaultPublicKey,
        VAULT_PRIVATE_KEY_FILE: at.keys.vaultPrivateKey,
        VAULT_OTHER_PRIVATE_KEY_FILE: env.VAULT_OTHER_PRIVATE_KEY_FILE ?? '',
        EGRESS_PRIVATE: String(isEmbedded && env.EGRESS_ALLOW_CIDRS === undefined),
        EGRESS_ALLOW_CIDRS: env.EGRESS_ALLOW_CIDRS?.join(',') ?? '',
        ...(env.DUCKDB_ROOT === undefined ? {} : { DUCKDB_ROOT: env.DUCKDB_ROOT }),
        EGRESS_DENY_ENDPOINTS: `127.0.0.1:${at.port}`,
        SMTP_URL: env.SMTP_URL ?? '',
        SMTP_FROM: env.SMTP_FROM ?? '',
        PUBLIC_URL: env.PUBLIC_URL ?? '',
      },
    },
  ];
}

/** The port itself, or a free one for 0. One sentence when somebody else has it. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(new EnvError(`The port ${wanted} is taken; set PORT to another one.`)),
    );
    probe.listen(wanted, () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : wanted;
      probe.close(() => resolve(port));
    });
  });
}

async function untilReady(url: string): Promise<void> {
  for (;;) {
    const isReady = await fetch(`${url}/api/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await delay(10);
  }
}

let stopping: Promise<void> | undefined;

/** Stops everything in reverse order and leaves; a second call waits for the first. */
function stop(exitCode: number, sentence?: string): Promise<void> {
  stopping ??= (async () => {
    if (sentence !== undefined) process.stderr.write(`${sentence}\n`);
    for (const stopOne of started.reverse()) await stopOne().catch(() => undefined);
    process.exit(exitCode);
  })();
  return stopping;
}

// Not once: npm passes on the signal that its whole group got already, and a second one without a
// listener would end this process before it has stopped PostgreSQL.
process.on('SIGTERM', () => void stop(0));
process.on('SIGINT', () => void stop(0));

try {
  await start(readEnv('launcher'));
} catch (error) {
  if (stopping === undefined)
    await stop(1, error instanceof Error ? error.message : 'The start failed.');
}
