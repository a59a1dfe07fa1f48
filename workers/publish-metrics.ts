import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Orm } from '../shared/db/orm.ts';
import type { Logger } from '../shared/logger.ts';
import { registry } from './metrics.ts';

export interface MetricsPublisher {
  /** Stops publishing and takes back what was published. */
  stop(): Promise<void>;
}

// The API counts a worker out a minute after its last word.
const publishEveryMs = 10_000;

/** Puts this worker's figures where the API's /metrics finds them: workers answer no HTTP. */
export function publishMetrics(orm: Orm, log: Logger, everyMs = publishEveryMs): MetricsPublisher {
  const workerId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  let publishing = Promise.resolve();
  const publish = (): void => {
    publishing = report(orm, workerId).catch((error: unknown) => {
      log.warn({ err: error }, 'metrics not published');
    });
  };
  publish();
  const timer = setInterval(publish, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await publishing;
      await withdraw(orm, workerId).catch(() => undefined);
    },
  };
}

async function report(orm: Orm, workerId: string): Promise<void> {
  const metrics = JSON.stringify(await registry.getMetricsAsJSON());
  await sql`
    insert into worker_metrics (worker_id, reported_at, metrics) values (${workerId}, now(), ${metrics})
    on conflict (worker_id) do update set reported_at = now(), metrics = excluded.metrics`.execute(
    orm.em.getKysely(),
  );
}

async function withdraw(orm: Orm, workerId: string): Promise<void> {
  await sql`delete from worker_metrics where worker_id = ${workerId}`.execute(orm.em.getKysely());
}
