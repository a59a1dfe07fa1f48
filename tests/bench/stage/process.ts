import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Throws, with the end of its log, when it has ended by itself. */
  assertAlive(): Promise<void>;
  /** Waits until its log contains `text`; throws when it ends before. */
  hasSaid(text: string): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  readonly file: URL;
  readonly env: Readonly<Record<string, string>>;
  /** Its standard output and error. A file, as a service has it: a pipe would cost its reader. */
  readonly log: string;
  readonly nodeArguments?: readonly string[];
}

const graceMs = 8_000;

/** Starts a process of ours with an environment of its own and nothing else. */
export function startProcess({ file, env, log, nodeArguments = [] }: Options): Running {
  const output = openSync(log, 'a');
  const child = spawn(process.execPath, [...nodeArguments, file.pathname], {
    env,
    // The channel closes when we die in whatever way, and the child then stops.
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let hasExited = false;
  void exited.then(() => (hasExited = true));
  const assertAlive = async (): Promise<void> => {
    if (!hasExited) return;
    const said = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
    throw new Error(`${file.pathname} ended by itself:\n${said}`);
  };
  return {
    child,
    pid: child.pid ?? 0,
    assertAlive,
    async hasSaid(text) {
      while (!(await readFile(log, 'utf8')).includes(text)) {
        await assertAlive();
        await delay(20);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
      if (!hasExited) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Waits until `url` answers 200. */
export async function untilReady(url: string, running: Running): Promise<void> {
  for (;;) {
    await running.assertAlive();
    const isReady = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await delay(20);
  }
}
