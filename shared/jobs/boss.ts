import { setTimeout as delay } from 'node:timers/promises';
import { PgBoss, type ConstructorOptions } from 'pg-boss';
import type { Logger } from '../logger.ts';

const common = { application_name: 'basekeep-jobs', connectionTimeoutMillis: 5_000 } as const;

/** Only sends: no supervision, no clock, no migration. */
export function createSendingBoss(databaseUrl: string): PgBoss {
  return new PgBoss({
    ...common,
    connectionString: databaseUrl,
    max: 2,
    supervise: false,
    schedule: false,
    migrate: false,
    createSchema: false,
  });
}

/** Fetches, supervises and keeps the clock. `connections` bounds its pool. */
export function createWorkingBoss(databaseUrl: string, overrides: ConstructorOptions = {}): PgBoss {
  return new PgBoss({
    ...common,
    connectionString: databaseUrl,
    max: 8,
    migrate: false,
    createSchema: false,
    useListenNotify: true,
    // How soon the job of a dead worker is taken over: heartbeat (10 s) plus this.
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    ...overrides,
  });
}

/** Starts pg-boss, waiting for PostgreSQL as long as it takes: 0.1 s to 5 s between tries. */
export async function startBoss(boss: PgBoss, log: Logger, signal: AbortSignal): Promise<void> {
  boss.on('error', (error) => log.warn({ err: error }, 'job queue error'));
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await boss.start();
      return;
    } catch (error) {
      log.warn({ err: error, attempt }, 'waiting for PostgreSQL');
      await delay(Math.min(5_000, 100 * 2 ** attempt), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
}
