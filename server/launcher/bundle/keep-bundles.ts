import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inheritedEnv } from '../../../shared/env.ts';
import type { Bundles } from './bundle.ts';

const maker = new URL('./make-bundles.ts', import.meta.url);

/** Has the bundles made when they are missing, beside everything else; what it returns ends that. */
export function keepBundles(bundles: Bundles | null): () => Promise<void> {
  if (bundles === null || bundles.exist) return () => Promise.resolve();
  const child = spawn(process.execPath, [fileURLToPath(maker), bundles.folder], {
    env: inheritedEnv(),
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return () => {
    child.kill();
    return ended;
  };
}
