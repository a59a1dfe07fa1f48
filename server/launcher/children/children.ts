import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../shared/clock.ts';
import type { Handed } from '../../../shared/channel.ts';
import { inheritedEnv } from './inherited-env.ts';

export interface Program<Name extends string> {
  readonly name: Name;
  readonly file: URL;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

export interface Children<Name extends string> {
  /** Tells each child, also those to come, its environment; before, it loads its code. */
  tell(envs: Readonly<Record<Name, Handed['env']>>, isOpen: Handed['isOpen']): void;
  /** Resolves when each child has been up. */
  readonly up: Promise<void>;
  /** Resolves with a sentence when a child ended before it was ever up: nothing would change that. */
  readonly gaveUp: Promise<string>;
  /** SIGTERM to all, SIGKILL to whoever is left after 7 s. */
  stop(): Promise<void>;
}

// A child that lived this long has nothing that kills each new one: it is started again at once.
const healthyMs = 10_000;
// A job that kills every worker that takes it is out of tries after a few of these.
const pauses = { firstMs: 500, mostMs: 30_000 };
const graceMs = 7_000;

/**
 * Runs the processes of Basekeep, each with an environment of its own and nothing else, which comes over
 * a channel: nobody who lists processes sees it, and it need not be known yet. They start one
 * after the other, each when the one before is up (`tellUp`): at once they would share the processor, and
 * whoever waits for the first would wait for all. One that dies is started again, with growing pauses
 * when it dies young, while the others live on. One that dies before it was ever up cannot start at all.
 */
export function startChildren<Name extends string>(
  programs: readonly Program<Name>[],
  { firstMs, mostMs } = pauses,
): Children<Name> {
  /** By name, how many of them have died young in a row; absent before one was up. */
  const youngDeaths = new Map<Name, number>();
  const stopping = new AbortController();
  const running = new Map<Name, ChildProcess>();
  const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<string>();
  const { promise: up, resolve: allUp } = Promise.withResolvers<void>();
  let told: { envs: Readonly<Record<Name, Handed['env']>>; isOpen: boolean } | undefined;

  const hand = (name: Name, child: ChildProcess): void => {
    if (!told) return;
    const handed: Handed = { env: told.envs[name], isOpen: told.isOpen };
    // One that is gone by now is missed at its exit.
    child.send(handed, () => undefined);
  };
  const start = (program: Program<Name>): void => {
    const startedAt = systemClock.now().getTime();
    const { name, file, nodeOptions = [] } = program;
    const child = spawn(process.execPath, [...nodeOptions, fileURLToPath(file)], {
      env: inheritedEnv(),
      // The channel closes when this process dies in whatever way, and the child then stops.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    running.set(name, child);
    hand(name, child);
    child.once('message', () => {
      if (youngDeaths.has(name)) return;
      youngDeaths.set(name, 0);
      startNext();
    });
    child.once('exit', () => {
      running.delete(name);
      if (stopping.signal.aborted) return;
      const isOld = systemClock.now().getTime() - startedAt >= healthyMs;
      const deaths = isOld ? 0 : youngDeaths.get(name);
      if (deaths === undefined) giveUp(`The ${name} process ended right after its start.`);
      else void startAgain(program, deaths);
    });
  };
  const startAgain = async (program: Program<Name>, deaths: number): Promise<void> => {
    youngDeaths.set(program.name, deaths + 1);
    const pauseMs = deaths === 0 ? 0 : Math.min(mostMs, firstMs * 2 ** (deaths - 1));
    await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (!stopping.signal.aborted) start(program);
  };
  const waiting = programs.values();
  const startNext = (): void => {
    const { value: program } = waiting.next();
    if (!program) allUp();
    else if (!stopping.signal.aborted) start(program);
  };
  startNext();

  return {
    up,
    gaveUp,
    tell(envs, isOpen) {
      told = { envs, isOpen };
      for (const [name, child] of running) hand(name, child);
    },
    async stop() {
      stopping.abort();
      const children = [...running.values()];
      const gone = Promise.all(
        children.map(
          (child) => new Promise<void>((resolve) => child.once('exit', () => resolve())),
        ),
      );
      for (const child of children) child.kill('SIGTERM');
      await Promise.race([gone, delay(graceMs, undefined, { ref: false })]);
      for (const child of running.values()) child.kill('SIGKILL');
      await gone;
    },
  };
}
