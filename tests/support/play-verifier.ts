import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

const report = {
  steps: [{ step: 'resolve', durationMs: 1, failure: null }],
  failure: null,
  durationMs: 1,
  serverVersion: 'PostgreSQL 18.4',
};

/** Answers connection drafts the way a worker does, until the signal. */
export async function playVerifier(
  pool: pg.Pool,
  signal: AbortSignal,
  changes: object = {},
): Promise<void> {
  while (!signal.aborted) {
    await pool.query(
      `with d as (update connection_draft set report = $1 where report is null returning id)
       select pg_notify('basekeep_verified', id) from d`,
      [JSON.stringify({ ...report, ...changes })],
    );
    await delay(20);
  }
}
