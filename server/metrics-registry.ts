import { AggregatorRegistry, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Orm } from '../shared/db/orm.ts';

const registry = new Registry();
registry.setDefaultLabels({ process: 'api' });
collectDefaultMetrics({ register: registry, prefix: 'basekeep_' });

const requests = new Histogram({
  name: 'basekeep_http_request_duration_seconds',
  help: 'Duration of HTTP requests by operation, method and status',
  labelNames: ['operation', 'method', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  registers: [registry],
});

/** A request that has ended. */
export interface Observation {
  readonly operation: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

export function observe({ operation, method, status, durationMs }: Observation): void {
  requests.observe({ operation, method, status: String(status) }, durationMs / 1_000);
}

const Snapshot = z.array(z.looseObject({ name: z.string() }));

/**
 * This process's figures and those of every worker that reported within the last minute, in
 * Prometheus' text format. Workers answer no HTTP, so theirs come by way of PostgreSQL.
 */
export async function metricsText(orm: Orm): Promise<string> {
  const own = await registry.metrics();
  const { rows } = await sql<{ metrics: unknown }>`
    select metrics from worker_metrics where reported_at > now() - interval '1 minute'`.execute(
    orm.em.getKysely(),
  );
  const snapshots = rows.map((row) => Snapshot.parse(row.metrics));
  if (snapshots.length === 0) return own;
  const workers = AggregatorRegistry.aggregate(snapshots);
  return `${own}\n${await workers.metrics()}`;
}
