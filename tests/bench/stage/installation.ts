import { tmpdir } from 'node:os';
import path from 'node:path';
import { openControlDatabase } from '../../../server/launcher/control-database.ts';
import { startEmbeddedPostgres } from '../../../server/launcher/embedded-postgres.ts';
import { keyFilesIn, makeKeys, type KeyFiles } from '../../../server/launcher/keys.ts';
import { migrate } from '../../../server/migrate.ts';
import { workerNodeOptions } from '../../../server/launcher/children/programs.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import type { Handed } from '../../../shared/channel.ts';
import { makePostgresFolder, removePostgresFolder } from '../../support/folders/postgres-folder.ts';
import type { BenchRun } from '../bench.ts';
import { startProcess, untilReady, type Running } from './process.ts';
import { freePort } from '../../support/free-port.ts';
import { unlimitedEnv } from '../../support/unlimited.ts';

/** The product as it is installed: a PostgreSQL that syncs to disk, migrated, with keys. */
export interface Installation {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly superuserUrl: string;
  readonly keys: KeyFiles;
  startApi(): Promise<Running & { readonly url: string }>;
  startWorker(env?: Readonly<Record<string, string>>): Running;
  /** A process of the bench itself, beside the product's. */
  startBaseline(file: URL): Running;
}

export async function makeInstallation(run: BenchRun): Promise<Installation> {
  const dataDir = await makePostgresFolder(tmpdir());
  run.stack.defer(() => removePostgresFolder(dataDir));
  const postgres = await startEmbeddedPostgres({ dataDir });
  run.stack.defer(() => postgres.stop());
  const databaseUrl = await openControlDatabase(postgres.url, dataDir);
  await migrate({ databaseUrl });
  const keys = keyFilesIn(path.join(dataDir, 'keys'));
  await makeKeys(keys);

  let workers = 0;
  const start = (
    name: string,
    file: string,
    env: Readonly<Record<string, string>>,
    nodeArguments: readonly string[] = [],
  ): Running => {
    const running = startProcess({
      file: new URL(`../../../${file}`, import.meta.url),
      env: { ...inheritedEnv(), ...env },
      log: path.join(dataDir, `${name}.log`),
      nodeArguments: [...nodeArguments, ...profiling(run.profileDir, name)],
    });
    run.stack.defer(() => running.stop());
    // As the launcher does it: who has a channel waits for it.
    const handed: Handed = { env: { DATABASE_URL: databaseUrl }, isOpen: true };
    running.child.send(handed);
    return running;
  };

  return {
    dataDir,
    databaseUrl,
    superuserUrl: postgres.url,
    keys,
    async startApi() {
      const port = await freePort();
      const running = start('api', 'server/main.ts', {
        PORT: String(port),
        VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
        TOKEN_SIGNING_KEY_FILE: keys.tokenSigningKey,
        API_SECRET_FILE: keys.apiSecret,
        ...unlimitedEnv,
      });
      const url = `http://127.0.0.1:${port}`;
      await untilReady(`${url}/api/healthz`, running);
      return { ...running, url };
    },
    startWorker(env = {}) {
      const all = {
        VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
        VAULT_PRIVATE_KEY_FILE: keys.vaultPrivateKey,
        EGRESS_PRIVATE: 'true',
        ...env,
      };
      workers += 1;
      return start(`worker-${workers}`, 'workers/main.ts', all, workerNodeOptions);
    },
    startBaseline: (file) => {
      const running = startProcess({
        file,
        env: {
          ...inheritedEnv(),
          DATABASE_URL: databaseUrl,
          VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
        },
        log: path.join(dataDir, 'baseline.log'),
        nodeArguments: profiling(run.profileDir, 'baseline'),
      });
      run.stack.defer(() => running.stop());
      return running;
    },
  };
}

function profiling(folder: string | undefined, name: string): string[] {
  if (folder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}
