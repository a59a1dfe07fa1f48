import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../shared/clock.ts';
import type { Handed } from '../../shared/env.ts';

export interface ChildSpec {
  readonly name: string;
  readonly file: URL;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  readonly env: Record<string, string>;
}

export interface Children {
  /** Tells every child, also those to come, what is known of its database; before, they load their code. */
  hand(database: Handed): void;
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
 * Runs the processes of Basekeep, each with an environment of its own and nothing else. They start one
 * after the other, each when the one before is up (`tellUp`): at once they would share the processor, and
 * whoever waits for the first would wait for all. One that dies is started again, with growing pauses
 * when it dies young, while the others live on. One that dies before it was ever up cannot start at all.
 */
export function startChildren(specs: readonly ChildSpec[], { firstMs, mostMs } = pauses): Children {
  /** By name, how many of them have died young in a row; absent before one was up. */
  const youngDeaths = new Map<string, number>();
  const stopping = new AbortController();
  const running = new Map<string, ChildProcess>();
  const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<string>();
  const { promise: up, resolve: allUp } = Promise.withResolvers<void>();
  let handed: Handed | undefined;

  const tell = (child: ChildProcess): void => {
    // One that is gone by now is missed at its exit.
    if (handed) child.send(handed, () => undefined);
  };
  const start = (spec: ChildSpec): void => {
    const startedAt = systemClock.now().getTime();
    const child = spawn(process.execPath, [...(spec.nodeOptions ?? []), fileURLToPath(spec.file)], {
      env: spec.env,
      // The channel closes when this process dies in whatever way, and the child then stops.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    running.set(spec.name, child);
    tell(child);
    child.once('message', () => {
      if (youngDeaths.has(spec.name)) return;
      youngDeaths.set(spec.name, 0);
      startNext();
    });
    child.once('exit', () => {
      running.delete(spec.name);
      if (stopping.signal.aborted) return;
      const isOld = systemClock.now().getTime() - startedAt >= healthyMs;
      const deaths = isOld ? 0 : youngDeaths.get(spec.name);
      if (deaths === undefined) giveUp(`The ${spec.name} process ended right after its start.`);
      else void startAgain(spec, deaths);
    });
  };
  const startAgain = async (spec: ChildSpec, deaths: number): Promise<void> => {
    youngDeaths.set(spec.name, deaths + 1);
    const pauseMs = deaths === 0 ? 0 : Math.min(mostMs, firstMs * 2 ** (deaths - 1));
    await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (!stopping.signal.aborted) start(spec);
  };
  const waiting = specs.values();
  const startNext = (): void => {
    const { value: spec } = waiting.next();
    if (!spec) allUp();
    else if (!stopping.signal.aborted) start(spec);
  };
  startNext();

  return {
    up,
    gaveUp,
    hand(database) {
      handed = database;
      for (const child of running.values()) tell(child);
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
