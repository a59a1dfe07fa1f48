import type { PgBoss } from 'pg-boss';

export interface Pollers {
  /** Tells of the first one that a call of `work` made. */
  learn(queue: string, first: string): void;
  /** Has those of a queue look for a job now. */
  wake(queue: string): void;
}

/**
 * Learns the pollers that pg-boss has made, which it names in its `wip` events: `work` answers the
 * name of the first one only. All are known two seconds after the first job at the latest.
 */
export function knowPollers(boss: PgBoss): Pollers {
  const known = new Map<string, readonly string[]>();
  boss.on('wip', (pollers) => {
    for (const [queue, those] of Object.entries(Object.groupBy(pollers, ({ name }) => name))) {
      known.set(queue, those?.map(({ id }) => id) ?? []);
    }
  });
  return {
    learn: (queue, first) => void known.set(queue, [first]),
    wake(queue) {
      for (const id of known.get(queue) ?? []) boss.notifyWorker(id);
    },
  };
}
