import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';

/** A worker in a process of its own, killed with the test if it is still there. */
export interface WorkerProcess {
  readonly process: ChildProcess;
  /** Resolves when it takes jobs. */
  readonly working: Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code when it is gone. */
  stop(): Promise<number | null>;
}

/** On the databases themselves or, with `takes`, on invented ones that take so long. */
export function spawnWorker(
  env: Readonly<Record<string, string>>,
  takes?: { readonly minMs: number; readonly maxMs: number },
): WorkerProcess {
  const entry = new URL('worker-child.ts', import.meta.url).pathname;
  const args = takes ? [String(takes.minMs), String(takes.maxMs)] : [];
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
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}
