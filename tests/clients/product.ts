import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';

export interface Product {
  readonly url: string;
  readonly apiKey: string;
  readonly owner: { readonly email: string; readonly password: string };
  stop(): Promise<void>;
}

const startMs = 120_000;

/** The product as `npm start` runs it, with nothing in its folder yet. */
export async function startProduct(): Promise<Product> {
  const root = await mkdtemp(path.join(tmpdir(), 'basekeep-clients-'));
  // Where it runs as root, its PostgreSQL does not.
  await chmod(root, 0o755);
  const dataDir = path.join(root, 'data');
  const script = path.join(import.meta.dirname, '../../server/launcher/start.ts');
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env['PATH'],
      HOME: root,
      PORT: String(await freePort()),
      BASEKEEP_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
    await rm(root, { recursive: true, force: true });
  };
  for (let waited = 0; !said.includes('Basekeep is running at'); waited += 50) {
    if (waited > startMs || child.exitCode !== null) {
      await stop();
      throw new Error(`the product did not start:\n${said}`);
    }
    await delay(50);
  }
  const first = await readFile(path.join(dataDir, 'first-run.json'), 'utf8');
  return { ...(JSON.parse(first) as Omit<Product, 'stop'>), stop };
}
