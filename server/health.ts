import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Orm } from '../shared/db/orm.ts';

/** How far the process has come. */
export interface Progress {
  /**
   * Waiting: there is no database yet, or not of this version.
   * Started: the process has found its database in order once.
   */
  stage: 'waiting' | 'starting' | 'started';
  isStopping: boolean;
}

export interface Readiness {
  readonly progress: Readonly<Progress>;
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
export function createReadiness(orm: Orm, boss: PgBoss, progress: Readonly<Progress>): Readiness {
  return {
    progress,
    async check() {
      const [database, queue] = await Promise.all([
        progress.stage !== 'waiting' && within(sql`select 1`.execute(orm.em.getKysely())),
        progress.stage === 'started' && within(boss.getQueue('sync-schema')),
      ]);
      return { database: database ? 'up' : 'down', queue: database && queue ? 'up' : 'down' };
    },
  };
}
