import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.ts';

interface ChildSpec {
  readonly name: string;
  readonly file: URL;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  readonly env: Record<string, string>;
}

export interface Children {
  /** Tells every child, also those to come, where its database is; until then they load their code. */
  begin(databaseUrl: string): void;
  /** Resolves with a sentence when a child cannot be kept running. */
  readonly gaveUp: Promise<string>;
  /** SIGTERM to all, SIGKILL to whoever is left after 7 s. */
  stop(): Promise<void>;
}

// A child that lived this long had a good start: when it dies, it is started again.
const healthyMs = 10_000;
const graceMs = 7_000;

/** Runs the processes of Basekeep, each with an environment of its own and nothing else. */
export function startChildren(specs: readonly ChildSpec[]): Children {
  const running = new Map<string, ChildProcess>();
  const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<string>();
  let isStopping = false;
  let handed: { DATABASE_URL: string } | undefined;

  const hand = (child: ChildProcess): void => {
    // One that is gone by now is missed at its exit.
    if (handed) child.send(handed, () => undefined);
  };
  const start = (spec: ChildSpec): void => {
    const startedAt = systemClock.now().getTime();
    const child = spawn(process.execPath, [...(spec.nodeOptions ?? []), spec.file.pathname], {
      env: spec.env,
      // The channel closes when this process dies in whatever way, and the child then stops.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    running.set(spec.name, child);
    hand(child);
    child.once('exit', () => {
      running.delete(spec.name);
      if (isStopping) return;
      if (systemClock.now().getTime() - startedAt >= healthyMs) start(spec);
      else giveUp(`The ${spec.name} process ended right after its start.`);
    });
  };
  specs.forEach(start);

  return {
    gaveUp,
    begin(databaseUrl) {
      handed = { DATABASE_URL: databaseUrl };
      for (const child of running.values()) hand(child);
    },
    async stop() {
      isStopping = true;
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
