import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { QueueName } from '../shared/jobs/queues.ts';
import type { Ending } from './jobs/claim.ts';

export type JobOutcome = Ending['as'] | 'lost' | 'unsettled';

/** The figures of this worker. The API adds up those of all workers, see server/metrics.ts. */
export const registry = new Registry();

const registers = [registry];

const jobs = new Counter({
  name: 'basekeep_jobs_total',
  help: 'Attempts at jobs by queue and outcome',
  labelNames: ['queue', 'outcome'],
  registers,
});

const jobDuration = new Histogram({
  name: 'basekeep_job_duration_seconds',
  help: 'Duration of attempts at jobs by queue',
  labelNames: ['queue'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
  registers,
});

const syncDuration = new Histogram({
  name: 'basekeep_sync_duration_seconds',
  help: 'Duration of schema syncs by status, from the first byte read to the end of the commit',
  labelNames: ['status'],
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
  registers,
});

const tables = new Counter({
  name: 'basekeep_synced_tables_total',
  help: 'Tables read by schema syncs that were published',
  registers,
});

const columns = new Counter({
  name: 'basekeep_synced_columns_total',
  help: 'Columns read by schema syncs that were published',
  registers,
});

const healthDuration = new Histogram({
  name: 'basekeep_health_check_duration_seconds',
  help: 'Duration of health checks by status',
  labelNames: ['status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  registers,
});

const residentMemory = new Gauge({
  name: 'basekeep_worker_resident_memory_bytes',
  help: 'Resident memory of all workers together',
  registers,
  collect() {
    this.set(process.memoryUsage.rss());
  },
});
void residentMemory;

export function observeJob(queue: QueueName, outcome: JobOutcome, seconds: number): void {
  jobs.inc({ queue, outcome });
  jobDuration.observe({ queue }, seconds);
}

export function observeSync(
  status: 'SUCCESS' | 'FAILED',
  seconds: number,
  read: { tables: number; columns: number } = { tables: 0, columns: 0 },
): void {
  syncDuration.observe({ status }, seconds);
  tables.inc(read.tables);
  columns.inc(read.columns);
}

export function observeHealthCheck(status: 'HEALTHY' | 'UNHEALTHY', seconds: number): void {
  healthDuration.observe({ status }, seconds);
}
