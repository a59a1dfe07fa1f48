import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { expect } from 'vitest';
import { eventually } from '../support/worker.ts';

/**
 * Counts what jobs do where jobs cannot see it: every check that is stored and every run that ends
 * leaves a mark, also when the row it marks is written over.
 */
export async function countEffects(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create table effect (kind text not null, data_source_id text not null);
    create function mark_effect() returns trigger language plpgsql as $$
    begin
      insert into effect values (tg_table_name, new.data_source_id);
      return null;
    end $$;
    create trigger marked after insert on health_check
      for each row execute function mark_effect();
    create trigger marked after update on sync_run
      for each row when (new.status = 'SUCCESS') execute function mark_effect();`);
}

/**
 * However often a worker dies, the job is tried again: how often is not what is tested here. And it is
 * missed after 4 s; pg-boss's API allows no less than 10.
 */
export async function retryForEver(pool: pg.Pool): Promise<void> {
  await pool.query(
    `update pgboss.queue set retry_limit = 1000, retry_delay = 0, retry_backoff = false,
       heartbeat_seconds = 4`,
  );
}

/** Waits until no job is left, then expects one sync and one check of each source, and no more. */
export async function expectEachOnce(
  pool: pg.Pool,
  sources: readonly string[],
  timeoutMs: number,
): Promise<void> {
  await eventually(async () => {
    const { rows } = await pool.query(
      `select 1 from pgboss.job where state <= 'active' and name in ('sync-schema', 'check-health') limit 1`,
    );
    return rows.length === 0;
  }, timeoutMs);
  const { rows } = await pool.query<{ mark: string }>(
    `select kind || ' ' || data_source_id as mark from effect`,
  );
  const expected = sources.flatMap((id) => [`health_check ${id}`, `sync_run ${id}`]);
  expect(rows.map(({ mark }) => mark).sort()).toEqual(expected.sort());
}

/** Runs invariants.sql. */
export async function expectInvariants(pool: pg.Pool): Promise<void> {
  const text = await readFile(new URL('invariants.sql', import.meta.url), 'utf8');
  expect((await pool.query(text)).rows).toEqual([]);
}
