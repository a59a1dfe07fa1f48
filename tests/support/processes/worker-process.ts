import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { inheritedEnv } from '../../../shared/env.ts';

/** A worker in a process of its own, killed with the test if it is still there. */
export interface WorkerProcess {
  readonly process: ChildProcess;
  /** Resolves when it takes jobs. */
  readonly working: Promise<void>;
  /** What it has logged so far; its environment says how much that is. */
  readonly output: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code when it is gone. */
  stop(): Promise<number | null>;
}

export function spawnWorker(
  env: Readonly<Record<string, string>>,
  ...args: readonly '--empty'[]
): WorkerProcess {
  const entry = new URL('worker-child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...inheritedEnv(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  let output = '';
  const working = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('working')) resolve();
    });
  });
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill('SIGCONT');
    child.kill(signal);
    return gone;
  };
  onTestFinished(async () => {
    await end('SIGKILL');
  });
  return {
    process: child,
    working,
    get output() {
      return output;
    },
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}
