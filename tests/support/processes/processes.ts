import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keyFilesIn, makeKeys, type KeyFiles } from '../../../server/launcher/keys.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import { unlimitedEnv } from '../unlimited.ts';
import { freePort } from '../free-port.ts';

/** A process of its own, with exactly the environment that it is given. */
export interface Running {
  readonly pid: number;
  /** Everything it has said so far, on both outputs. */
  readonly output: string;
  readonly isRunning: boolean;
  /** Sends the signal and resolves when the process is gone; SIGKILL after 10 s. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export function run(
  script: URL | string,
  env: Record<string, string>,
  nodeOptions: readonly string[] = [],
): Running {
  const args = typeof script === 'string' ? ['-e', script] : [script.pathname];
  const child: ChildProcess = spawn(process.execPath, [...nodeOptions, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const gone = once(child, 'close');
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    get output() {
      return Buffer.concat(chunks).toString('utf8');
    },
    get isRunning() {
      return isRunning();
    },
    async end(signal = 'SIGTERM') {
      if (isRunning()) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** The keys of an installation, in a folder of their own. */
export async function makeKeyFolder(): Promise<KeyFiles & { remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'basekeep-keys-'));
  const files = keyFilesIn(folder);
  await makeKeys(files);
  return { ...files, remove: () => rm(folder, { recursive: true, force: true }) };
}

interface ProcessOptions {
  readonly databaseUrl: string;
  readonly keys: KeyFiles;
  readonly logLevel?: string;
  /** More of its environment, or other values. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningApi extends Running {
  readonly url: string;
}

/** server/main.ts with the environment that production gives it; resolves when it is ready. */
export async function runApi(
  { databaseUrl, keys, logLevel = 'info', env = {} }: ProcessOptions,
  wantedPort?: number,
): Promise<RunningApi> {
  const port = wantedPort ?? (await freePort());
  const api = run(new URL('../../../server/main.ts', import.meta.url), {
    ...inheritedEnv(),
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: logLevel,
    PORT: String(port),
    VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
    TOKEN_SIGNING_KEY_FILE: keys.tokenSigningKey,
    API_SECRET_FILE: keys.apiSecret,
    ...unlimitedEnv,
    ...env,
  });
  const url = `http://127.0.0.1:${port}`;
  await untilTrue(api, () =>
    fetch(`${url}/api/healthz`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  return Object.defineProperties({ url } as RunningApi, Object.getOwnPropertyDescriptors(api));
}

/** workers/main.ts, with private networks open, as on a machine of one's own. */
export async function runWorker({
  databaseUrl,
  keys,
  logLevel = 'info',
}: ProcessOptions): Promise<Running> {
  const worker = run(new URL('../../../workers/main.ts', import.meta.url), {
    ...inheritedEnv(),
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: logLevel,
    VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
    VAULT_PRIVATE_KEY_FILE: keys.vaultPrivateKey,
    EGRESS_PRIVATE: 'true',
  });
  await untilTrue(worker, () => Promise.resolve(worker.output.includes('"working"')));
  return worker;
}

async function untilTrue(running: Running, isTrue: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 25) {
    if (await isTrue()) return;
    if (!running.isRunning) break;
    await delay(25);
  }
  await running.end('SIGKILL');
  throw new Error(`A process did not come up: ${running.output.slice(-2_000)}`);
}
