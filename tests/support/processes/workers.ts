import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { readEnv } from '../../../shared/env.ts';
import { createLogger } from '../../../shared/logger.ts';
import { startWorker, type Overrides, type Worker } from '../../../workers/worker.ts';
import type { TestApi } from '../api.ts';
import type { TestDatabase } from '../database.ts';

/** Workers of the same installation as an API of this file. */
export interface Workers {
  /** The environment of a worker process. */
  readonly env: Record<string, string>;
  /** A worker in this process, stopped after the test. */
  work(overrides?: Overrides): Promise<Worker>;
}

export function useWorkers(database: TestDatabase, api: TestApi): Workers {
  const workers: Worker[] = [];
  let env: Record<string, string> = {};
  let folder: string | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'basekeep-keys-'));
    const file = async (name: string, key: Uint8Array) => {
      const to = path.join(folder ?? '', name);
      await writeFile(to, Buffer.from(key).toString('base64'), { mode: 0o600 });
      return to;
    };
    env = {
      DATABASE_URL: database.url,
      VAULT_PUBLIC_KEY_FILE: await file('public', api.vaultKeys.publicKey),
      VAULT_PRIVATE_KEY_FILE: await file('private', api.vaultKeys.privateKey),
      EGRESS_PRIVATE: 'true',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    };
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });
  afterAll(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  return {
    get env() {
      return env;
    },
    async work(overrides = {}) {
      const log = createLogger(env['LOG_LEVEL'] ?? 'silent', 'worker');
      const worker = await startWorker(readEnv('worker', env), log, new AbortController().signal, {
        pollSeconds: 0.5,
        ...overrides,
        boss: { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1, schedule: false },
      });
      workers.push(worker);
      return worker;
    },
  };
}
