import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Orm } from '../shared/db/orm.ts';

/**
 * Waiting: there is no database yet, or not of this version.
 * Started: the process has found its database in order once.
 */
export type Stage = 'waiting' | 'starting' | 'started' | 'stopping';

export interface Readiness {
  readonly stage: Stage;
  check(): Promise<{ database: 'up' | 'down'; queue: 'up' | 'down' }>;
}

// Long enough for a busy database, short enough for a load balancer's own time-out.
const deadlineMs = 2_000;

const within = (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    work.then(
      () => true,
      () => false,
    ),
    delay(deadlineMs, false, { ref: false }),
  ]);

/** Asks PostgreSQL itself, every time: a remembered answer would hide an outage. */
export function createReadiness(orm: Orm, boss: PgBoss, stageOf: () => Stage): Readiness {
  return {
    get stage() {
      return stageOf();
    },
    async check() {
      const stage = stageOf();
      const isOpen = stage !== 'waiting';
      const [database, queue] = await Promise.all([
        isOpen && within(sql`select 1`.execute(orm.em.getKysely())),
        isOpen && stage !== 'starting' && within(boss.getQueue('sync-schema')),
      ]);
      return { database: database ? 'up' : 'down', queue: database && queue ? 'up' : 'down' };
    },
  };
}
